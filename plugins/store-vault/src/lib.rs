//! Secrets from HashiCorp Vault and OpenBao.
#![doc = include_str!("../README.md")]

mod engine;
mod errors;
mod login;
mod naming;
mod reader;
mod session;
mod settings;
mod store;
mod values;
mod wire;

use std::sync::Arc;

use deployer_core::plugin::{Build, Context, Plugin, Section, SettingsType};
use deployer_core::traits::SecretStore;

/// `kind = "vault"`: key-value engines of versions 1 and 2.
pub const VAULT: Plugin = Plugin::new(
    "vault",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Store(build),
)
.with_about("HashiCorp Vault or OpenBao, key-value engines of versions 1 and 2")
.with_example(EXAMPLE);

const EXAMPLE: &str = r#"address = "https://vault.example.com"
mount = "secret"
prefix = "sesam/"
login = { github = { token = { env = "VAULT_GIT_TOKEN" } } }
"#;

fn build(section: Section<'_>, context: &Context) -> deployer_core::Result<Arc<dyn SecretStore>> {
    let name = section.name().to_owned();
    let settings: settings::Settings = section.read()?;
    Ok(Arc::new(store::VaultStore::new(settings.resolve(&name, context)?)))
}

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;

    use super::*;

    fn built(text: &str) -> deployer_core::Result<Arc<dyn SecretStore>> {
        let source = SourceText::new("deployer.toml", text);
        let mut context = Context::new("test");
        context.variables = [("VAULT_GIT_TOKEN", "ghp_hunter2hunter2")].into_iter().collect();
        build(Section::parse("stores.main", &source)?, &context)
    }

    #[test]
    fn the_example_builds_and_shows_no_credential() {
        let store = built(VAULT.example).expect("the example");
        assert_eq!(store.location(), "Vault at https://vault.example.com, secret/sesam/");
        assert!(!format!("{store:?}").contains("hunter2"), "{store:?}");
    }

    #[test]
    fn a_typo_is_refused_with_its_line_and_the_accepted_keys() {
        for (typo, line, accepted) in [
            (VAULT.example.replace("mount", "mont"), "deployer.toml:2", "mount"),
            (VAULT.example.replace("github", "gihub"), "deployer.toml:4", "approle"),
            (VAULT.example.replace("{ token", "{ tokem"), "deployer.toml:4", "token"),
        ] {
            let shown = format!("{:?}", built(&typo).expect_err(&typo));
            assert!(shown.contains(line) && shown.contains(accepted), "{shown}");
        }
    }

    #[test]
    fn a_credential_in_the_settings_is_refused_and_not_repeated() {
        let literal = VAULT.example.replace(r#"{ env = "VAULT_GIT_TOKEN" }"#, r#""ghp_literal""#);
        let shown = format!("{:?}", built(&literal).expect_err("a literal"));
        assert!(
            shown.contains("the settings must not contain a credential") && !shown.contains("ghp_literal"),
            "{shown}"
        );
    }

    #[test]
    fn all_problems_of_the_settings_are_told_at_once() {
        let wrong = VAULT
            .example
            .replace("https://vault", "https://user:hunter2@vault")
            .replace("\"secret\"", "\"a/../b\"")
            .replace("VAULT_GIT_TOKEN", "ABSENT");
        let shown = format!("{:?}", built(&wrong).expect_err("three problems"));
        for expected in ["a user or a password", "`mount`", "ABSENT"] {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
