//! A fake Google Secret Manager in memory, with the services that give out tokens for it: Google's token service for service accounts,
//! the one for workload identity federation, the one for impersonation, and the metadata server.
//!
//! Paths, shapes and status codes follow Google's references (<https://cloud.google.com/secret-manager/docs/reference/rest>,
//! <https://google.aip.dev/193>). It is read-only over HTTP; the test plants secrets. Assertions of service accounts are verified with the
//! account's public key.

mod answer;
mod fake;
mod routes;
mod secrets;
mod state;
mod tokens;

pub use fake::FakeSecretManager;
pub use state::IssuedToken;
