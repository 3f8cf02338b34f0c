//! The variables of the official tools. OpenBao's count before Vault's, and settings before both
//! (<https://developer.hashicorp.com/vault/docs/commands#environment-variables>, <https://openbao.org/docs/commands/>).

use std::path::PathBuf;

use deployer_core::plugin::{Context, Credential};
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::HttpSettings;

/// Variables that name a file or a folder of certificates to trust.
pub(super) const AUTHORITIES: [&str; 4] = ["BAO_CACERT", "VAULT_CACERT", "BAO_CAPATH", "VAULT_CAPATH"];

/// The address, with the name of its variable.
pub(super) fn address(context: &Context) -> Option<(&'static str, &str)> {
    let named = |name: &'static str| Some((name, context.variables.get(name)?));
    named("BAO_ADDR").or_else(|| named("VAULT_ADDR"))
}

/// The namespace.
pub(super) fn namespace(context: &Context) -> Option<&str> {
    context.variables.first(&["BAO_NAMESPACE", "VAULT_NAMESPACE"])
}

/// Takes the client certificate from the variables where the settings name none.
pub(super) fn complete_http(settings: &mut HttpSettings, context: &Context) {
    if settings.client_certificate.is_some() || settings.client_key.is_some() {
        return;
    }
    let file = |names: &[&str]| context.variables.first(names).map(PathBuf::from);
    settings.client_certificate = file(&["BAO_CLIENT_CERT", "VAULT_CLIENT_CERT"]);
    if settings.client_certificate.is_some() {
        settings.client_key = file(&["BAO_CLIENT_KEY", "VAULT_CLIENT_KEY"]).map(Credential::File);
    }
}

/// The token: of the variables, else of the file that the official tool leaves behind after a login.
pub(super) fn token(context: &Context) -> Result<SecretValue> {
    for name in ["BAO_TOKEN", "VAULT_TOKEN"] {
        if context.variables.get(name).is_some() {
            return Credential::Env { name: name.to_owned(), field: Vec::new() }.resolve(context);
        }
    }
    let file = context.variables.get("HOME").map(|home| PathBuf::from(home).join(".vault-token"));
    match file.filter(|file| file.exists()) {
        Some(file) => Credential::File(file).resolve(context),
        None => Err(Error::new(Kind::Settings, "no token for Vault")
            .with_cause(
                "neither the settings, nor BAO_TOKEN or VAULT_TOKEN, nor the file ~/.vault-token holds one",
            )
            .with_hint("set `login` to the way that this run logs in, or VAULT_TOKEN to a token")),
    }
}
