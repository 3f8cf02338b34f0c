//! The store against the fake Vault of the test kit, over HTTPS.

mod broken;
mod failures;
mod logins;
mod reading;
mod secrecy;
mod world;

use deployer_core::Result;
use world::{GIVEN, TOKEN, World};

const BY_GITHUB: &str = "login = { github = { token = { env = \"GITHUB\" } } }";

impl World {
    /// How often a method and a path were asked for.
    fn asked(&self, method: &str, path: &str) -> usize {
        self.server.log().entries().iter().filter(|entry| entry.is(method, path)).count()
    }
}

/// What a person is told of a failure.
#[track_caller]
fn told<T: std::fmt::Debug>(result: Result<T>) -> String {
    format!("{:?}", result.expect_err("a failure"))
}
