//! The same cases over the fake Vault of the test kit and over HashiCorp's own: a difference is a defect of the fake.

mod backend;
mod contract;
mod counts;
mod engines;
mod fake;
mod identities;
mod logins;
mod real;

/// A case as two tests: over the fake, and over the real server, which is skipped where it cannot be had.
macro_rules! over_both {
    ($($case:ident),+ $(,)?) => {
        mod fake {
            $(#[tokio::test]
            async fn $case() {
                super::$case(&crate::fake::Fake::new()).await;
            })+
        }

        mod real {
            $(#[tokio::test]
            async fn $case() {
                if let Some(backend) = crate::real::Real::start(stringify!($case)).await {
                    super::$case(&backend).await;
                }
            })+
        }
    };
}
pub(crate) use over_both;
