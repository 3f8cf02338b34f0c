//! A fake Azure Key Vault in memory, with the services that give out tokens for it: Entra ID, the identity service of a machine,
//! and the one of Azure Pipelines.
//!
//! Paths, shapes and status codes follow Microsoft's references (<https://learn.microsoft.com/rest/api/keyvault/secrets>,
//! <https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses>). It is read-only over HTTP; the
//! test plants secrets. Serve it over HTTPS: clients send no token in the clear.

mod answer;
mod asked;
mod fake;
mod identity;
mod routes;
mod secrets;
mod state;

pub use fake::FakeKeyVault;
pub use state::{IssuedToken, Network, Permission};
