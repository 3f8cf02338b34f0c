//! The settings of the plugin.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// `[nodes.<name>.target]` with `kind = "folder"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The folder, or the archive; a relative path starts at the folder of the settings.
    pub(crate) path: PathBuf,
    /// The format [default: by the end of `path`].
    #[serde(default)]
    pub(crate) format: Option<Format>,
}

/// The format of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// Files below a folder.
    Folder,
    /// One zip archive.
    Zip,
}

impl Settings {
    /// The format: an archive if the settings say so, or if they do not say and `path` ends with `.zip`.
    pub(crate) fn format(&self) -> Format {
        let ends_with_zip = self.path.extension().is_some_and(|end| end.eq_ignore_ascii_case("zip"));
        self.format.unwrap_or(if ends_with_zip { Format::Zip } else { Format::Folder })
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;
    use deployer_core::plugin::{Build, Context, Section};
    use deployer_core::{Kind, Result};

    use super::*;

    fn build_in(environment: &str, text: &str) -> Result<String> {
        let Build::Target(build) = crate::FOLDER.build else { panic!("it is a target") };
        let source = SourceText::new("deployer.toml", text);
        let target = build(Section::parse("nodes.extra.target", &source)?, &Context::new(environment))?;
        Ok(target.location())
    }

    #[test]
    fn the_example_builds_and_a_typo_is_refused() {
        assert_eq!(build_in("test", crate::FOLDER.example).expect("it is good"), "deployed/node-extra");
        let error = build_in("test", &crate::FOLDER.example.replace("path", "pat")).expect_err("a typo");
        assert_eq!((error.kind(), error.places()[0].line), (Kind::Settings, 1));
        assert!(error.message().contains("`format`"), "{error:?}");
        assert_eq!(error.hints(), ["did you mean `path`?"]);
    }

    #[test]
    fn the_format_follows_the_path_unless_it_is_set() {
        let format = |path: &str, format| Settings { path: path.into(), format }.format();
        assert_eq!(format("a/b", None), Format::Folder);
        assert_eq!(format("a/b.ZIP", None), Format::Zip);
        assert_eq!(format("a/b.zip", Some(Format::Folder)), Format::Folder);
        assert_eq!(format("a/b", Some(Format::Zip)), Format::Zip);
        let error = build_in("test", "path = 'x'\nformat = 'zipp'").expect_err("no format");
        assert_eq!(error.hints(), ["did you mean `zip`?"]);
    }

    #[test]
    fn what_cannot_be_written_is_refused_before_anything_runs() {
        for (environment, path) in [("test", ""), ("a/../../b", "x"), ("a\\b", "x"), ("", "x")] {
            let error = build_in(environment, &format!("path = '{path}'")).expect_err(environment);
            assert_eq!(error.kind(), Kind::Settings, "{environment} {path}");
        }
        let error = build_in("test", "path = '..'\nformat = 'zip'").expect_err("no name of a file");
        assert_eq!(error.kind(), Kind::Settings);
    }
}
