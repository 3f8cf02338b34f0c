//! What can be told of a plugin's settings without building it.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

use super::Section;
use crate::error::Result;

/// The type that a plugin reads its section into, for those who do not know it.
#[derive(Clone, Copy)]
pub struct SettingsType {
    schema: fn(&mut SchemaGenerator) -> Schema,
    check: fn(Section<'_>) -> Result<()>,
}

impl SettingsType {
    /// The settings of a plugin, which must be strict (`deny_unknown_fields`). The doc comments of the fields are what people read
    /// about them.
    pub const fn of<T: DeserializeOwned + JsonSchema>() -> Self {
        Self { schema: T::json_schema, check: |section| section.read::<T>().map(drop) }
    }

    /// The JSON schema of the section, without `kind`. Types that it uses become definitions of the generator.
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }

    /// Reads a section as the plugin would. Looks for no credential and opens nothing.
    ///
    /// # Errors
    /// As [`Section::read`].
    pub fn check(&self, section: Section<'_>) -> Result<()> {
        (self.check)(section)
    }
}

impl fmt::Debug for SettingsType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingsType").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use schemars::generate::SchemaSettings;

    use super::*;
    use crate::document::SourceText;
    use crate::plugin::Credential;

    #[derive(serde::Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Sample {
        /// Where it is.
        url: String,
        #[serde(default)]
        token: Option<Credential>,
    }

    const SAMPLE: SettingsType = SettingsType::of::<Sample>();

    fn check(text: &str) -> Result<()> {
        let source = SourceText::new("deployer.toml", text);
        SAMPLE.check(Section::parse("stores.main", &source)?)
    }

    #[test]
    fn a_section_is_checked_without_its_credentials() {
        check("url = 'a'\ntoken = { env = 'ABSENT' }").unwrap();
        let error = check("url = 'a'\ntokne = { env = 'ABSENT' }").unwrap_err();
        assert_eq!(error.places()[0].to_string(), "deployer.toml:2:1");
        assert_eq!(error.hints(), ["did you mean `token`?"]);
        assert!(check("token = { env = 'ABSENT' }").is_err());
    }

    #[test]
    fn the_schema_says_what_the_doc_comments_say() {
        let mut generator = SchemaSettings::draft07().into_generator();
        let schema = SAMPLE.schema(&mut generator);
        let schema = schema.as_value();
        assert_eq!(schema["properties"]["url"]["description"], "Where it is.");
        assert_eq!(
            (&schema["required"], &schema["additionalProperties"]),
            (&serde_json::json!(["url"]), &false.into())
        );
        assert!(generator.definitions().contains_key("Credential"));
    }
}
