//! Stand-ins for services that a real Vault asks when somebody logs in.

mod github;
mod issuer;
mod kubernetes;
mod sts;

pub use github::GithubApi;
pub use issuer::Issuer;
pub use kubernetes::KubernetesApi;
pub use sts::AwsTokenService;
