//! A fake HashiCorp Vault in memory: KV versions 1 and 2, tokens, logins, wrapping.
//!
//! Paths, shapes and status codes follow Vault's API documentation (<https://developer.hashicorp.com/vault/api-docs>).
//! It is read-only over HTTP; secrets are planted by the test. Policies are replaced by a list of denied paths.

mod answer;
mod fake;
mod kv;
mod login;
mod routes;
mod state;
mod system;
mod tokens;

pub use fake::FakeVault;
pub use kv::KvVersion;
pub use state::AuthMethod;
pub use tokens::IssuedToken;
