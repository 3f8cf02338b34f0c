//! Secrets from a file, plain or encrypted, and from environment variables.
#![doc = include_str!("../README.md")]

mod environment;
mod errors;
mod file;
mod formats;
mod settings;
mod signs;
#[cfg_attr(not(feature = "encryption"), path = "without_encryption/sops.rs")]
mod sops;
mod text;
mod variables;
#[cfg_attr(not(feature = "encryption"), path = "without_encryption/wire.rs")]
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "file"`: a JSON, TOML or dotenv file, plain or encrypted with age, or a JSON or YAML file of SOPS.
pub const FILE: Plugin = Plugin::new(
    "file",
    deployer_core::origin!(),
    SettingsType::of::<settings::FileSettings>(),
    Build::Store(|section, context| {
        let name = section.name().to_owned();
        let settings: settings::FileSettings = section.read()?;
        Ok(Arc::new(file::FileStore::new(settings.resolve(&name, context)?)))
    }),
)
.with_about("A JSON, TOML or dotenv file, plain or encrypted with age, or a file of SOPS")
.with_example("path = \"secrets.toml.age\"\nage = { identity = { env = \"AGE_IDENTITY\" } }\n");

/// `kind = "environment"`: environment variables of the process.
pub const ENVIRONMENT: Plugin = Plugin::new(
    "environment",
    deployer_core::origin!(),
    SettingsType::of::<settings::EnvironmentSettings>(),
    Build::Store(|section, context| {
        let settings: settings::EnvironmentSettings = section.read()?;
        Ok(Arc::new(environment::EnvironmentStore::new(settings, context)))
    }),
)
.with_about("Environment variables of the process")
.with_example("prefix = \"SESAM_SECRET_\"\nupper_case = true\n");

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;
    use deployer_core::plugin::{Context, Section};
    use deployer_core::traits::SecretStore;
    use deployer_core::{Kind, Result};

    use super::*;

    fn built(plugin: &Plugin, text: &str) -> Result<Arc<dyn SecretStore>> {
        let source = SourceText::new("deployer.toml", text);
        let mut context = Context::new("test");
        let identity = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
        context.variables =
            [("AGE_IDENTITY", identity), ("BROKEN", "AGE-SECRET-KEY-hunter2")].into_iter().collect();
        let Build::Store(build) = plugin.build else { unreachable!("it is a store") };
        build(Section::parse("stores.main", &source)?, &context)
    }

    #[test]
    fn the_examples_build_and_show_no_credential() {
        let store = built(&FILE, FILE.example).unwrap();
        assert_eq!(store.location(), "file ./secrets.toml.age");
        assert!(!format!("{store:?}").contains("AGE-SECRET"), "{store:?}");
        let store = built(&ENVIRONMENT, ENVIRONMENT.example).unwrap();
        assert_eq!(store.location(), "environment variables SESAM_SECRET_*");
        assert!(!format!("{store:?}").contains("AGE-SECRET"), "{store:?}");
    }

    #[test]
    fn a_typo_is_refused_with_its_line_and_the_accepted_keys() {
        for (plugin, typo, line, accepted) in [
            (&FILE, FILE.example.replace("path", "pat"), "deployer.toml:1", "path"),
            (&FILE, FILE.example.replace("{ identity", "{ identify"), "deployer.toml:2", "identity"),
            (&ENVIRONMENT, ENVIRONMENT.example.replace("upper", "uper"), "deployer.toml:2", "upper_case"),
        ] {
            let shown = format!("{:?}", built(plugin, &typo).expect_err(&typo));
            assert!(shown.contains(line) && shown.contains(accepted), "{shown}");
        }
    }

    #[test]
    fn all_problems_of_the_settings_are_told_at_once_and_no_key_is_repeated() {
        let text = "path = \"secrets.txt\"\nage = { identity = { env = \"BROKEN\" } }\n";
        let error = built(&FILE, text).unwrap_err();
        let shown = format!("{error:?}");
        assert_eq!(error.kind(), Kind::Settings);
        assert!(shown.contains("`format`") && shown.contains("AGE-SECRET-KEY-1"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
