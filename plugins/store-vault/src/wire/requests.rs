//! Requests that vaultrs has no type for.

use rustify_derive::Endpoint;

/// Lists a folder for proxies that do not let the method `LIST` through
/// (<https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#list-secrets>).
#[derive(Endpoint)]
#[endpoint(path = "{self.path}", method = "GET")]
pub(crate) struct ListByGet {
    /// From the mount on, with `metadata/` where the engine has it.
    #[endpoint(skip)]
    pub(crate) path: String,
    #[endpoint(query)]
    pub(crate) list: bool,
}

/// Finds the mount that a path lies in, for any token that may do something below it
/// (<https://developer.hashicorp.com/vault/api-docs/system/internal-ui-mounts>).
#[derive(Endpoint)]
#[endpoint(path = "sys/internal/ui/mounts/{self.path}", method = "GET")]
pub(crate) struct FindMount {
    #[endpoint(skip)]
    pub(crate) path: String,
}

/// Asks what the token may do with paths
/// (<https://developer.hashicorp.com/vault/api-docs/system/capabilities-self>).
#[derive(Endpoint)]
#[endpoint(path = "sys/capabilities-self", method = "POST")]
pub(crate) struct AskCapabilities {
    pub(crate) paths: Vec<String>,
}
