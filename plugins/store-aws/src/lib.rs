//! Secrets from AWS Secrets Manager.
#![doc = include_str!("../README.md")]

mod errors;
mod naming;
mod settings;
mod store;
mod values;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Context, Plugin, Section, SettingsType};
use deployer_core::traits::SecretStore;

/// `kind = "aws"`: AWS Secrets Manager.
pub const AWS: Plugin = Plugin::new(
    "aws",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Store(build),
)
.with_about("AWS Secrets Manager")
.with_example(EXAMPLE);

const EXAMPLE: &str = r#"region = "eu-north-1"
prefix = "sesam/prod/"
"#;

fn build(section: Section<'_>, context: &Context) -> deployer_core::Result<Arc<dyn SecretStore>> {
    let name = section.name().to_owned();
    let settings: settings::Settings = section.read()?;
    Ok(Arc::new(store::AwsStore::new(settings.resolve(&name, context)?)))
}

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;

    use super::*;

    fn built(text: &str) -> deployer_core::Result<Arc<dyn SecretStore>> {
        let source = SourceText::new("deployer.toml", text);
        let mut context = Context::new("test");
        context.variables = [("AWS_SECRET_ACCESS_KEY", "hunter2hunter2")].into_iter().collect();
        build(Section::parse("stores.main", &source)?, &context)
    }

    #[test]
    fn the_example_builds_and_shows_no_credential() {
        let store = built(AWS.example).expect("the example");
        assert_eq!(store.location(), "AWS Secrets Manager in eu-north-1, sesam/prod/");
        assert!(!format!("{store:?}").contains("hunter2"), "{store:?}");
    }

    #[test]
    fn a_typo_is_refused_with_its_line_and_the_accepted_keys() {
        for (text, line, accepted) in [
            (AWS.example.replace("region", "regoin"), "deployer.toml:1", "region"),
            (format!("{}naming = \"bundel\"", AWS.example), "deployer.toml:3", "bundle"),
            (format!("{}[secrets.db]\nfeild = \"a\"", AWS.example), "deployer.toml:4", "field"),
        ] {
            let shown = format!("{:?}", built(&text).expect_err(&text));
            assert!(shown.contains(line) && shown.contains(accepted), "{shown}");
        }
    }

    #[test]
    fn all_problems_of_the_settings_are_told_at_once() {
        let text = "endpoint = \"https://user:hunter2@host\"\nprefix = \"a b\"\nversion = \"1\"\nhttp = { timeout_seconds = 0 }\n";
        let shown = format!("{:?}", built(text).expect_err("four problems"));
        for expected in ["`endpoint`", "`prefix`", "`version`", "timeout_seconds"] {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
