//! A fake API server of Kubernetes in memory, with the Secrets of its namespaces.
//!
//! Paths, shapes and status codes follow Kubernetes' reference
//! (<https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/>). It is read-only over HTTP; the test
//! plants Secrets. Who shows a client certificate is known without a token: serve it with [`Server::mutual`](crate::server::Server::mutual).

mod answer;
mod fake;
mod routes;

pub use fake::FakeKubernetes;
