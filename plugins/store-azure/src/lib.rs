//! Secrets from Azure Key Vault.
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

/// `kind = "azure"`: the secrets of one key vault.
pub const AZURE: Plugin = Plugin::new(
    "azure",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Store(build),
)
.with_about("Azure Key Vault")
.with_example(EXAMPLE);

const EXAMPLE: &str = r#"address = "https://team.vault.azure.net"
names = "strict"
prefix = "sesam-"
login.client_secret.tenant = "00000000-0000-0000-0000-000000000000"
login.client_secret.client_id = "11111111-1111-1111-1111-111111111111"
login.client_secret.secret = { env = "AZURE_CLIENT_SECRET" }
"#;

fn build(section: Section<'_>, context: &Context) -> deployer_core::Result<Arc<dyn SecretStore>> {
    let name = section.name().to_owned();
    let settings: settings::Settings = section.read()?;
    Ok(Arc::new(store::KeyVault::new(settings.resolve(&name, context)?)))
}

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;

    use super::*;

    fn built(text: &str) -> deployer_core::Result<Arc<dyn SecretStore>> {
        let source = SourceText::new("deployer.toml", text);
        let mut context = Context::new("test");
        context.variables = [("AZURE_CLIENT_SECRET", "hunter2hunter2")].into_iter().collect();
        build(Section::parse("stores.main", &source)?, &context)
    }

    #[test]
    fn the_example_builds_and_shows_no_credential() {
        let store = built(AZURE.example).expect("the example");
        assert_eq!(store.location(), "Key Vault https://team.vault.azure.net, sesam-");
        assert!(!format!("{store:?}").contains("hunter2"), "{store:?}");
    }

    #[test]
    fn a_typo_is_refused_with_its_line_and_the_accepted_keys() {
        for (typo, line, accepted) in [
            (AZURE.example.replace("prefix", "prefiks"), "deployer.toml:3", "prefix"),
            (
                AZURE.example.replace("login.client_secret", "login.client_secrets"),
                "deployer.toml:4",
                "client_secret",
            ),
            (AZURE.example.replace("tenant", "tenent"), "deployer.toml:4", "tenant"),
            (AZURE.example.replace("strict", "strikt"), "deployer.toml:2", "strict"),
        ] {
            let shown = format!("{:?}", built(&typo).expect_err(&typo));
            assert!(shown.contains(line) && shown.contains(accepted), "{shown}");
        }
    }

    #[test]
    fn a_credential_in_the_settings_is_refused_and_not_repeated() {
        let literal = AZURE.example.replace(r#"{ env = "AZURE_CLIENT_SECRET" }"#, r#""literal-secret""#);
        let shown = format!("{:?}", built(&literal).expect_err("a literal"));
        assert!(
            shown.contains("the settings must not contain a credential") && !shown.contains("literal-secret"),
            "{shown}"
        );
    }

    #[test]
    fn all_problems_of_the_settings_are_told_at_once() {
        let wrong = AZURE
            .example
            .replace("https://team", "http://team")
            .replace("sesam-", "sesam_")
            .replace("AZURE_CLIENT_SECRET", "ABSENT")
            .replace("00000000-", "no tenant");
        let shown = format!("{:?}", built(&wrong).expect_err("four problems"));
        for expected in ["`address`", "`prefix`", "ABSENT", "`login.client_secret.tenant`"] {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
    }
}
