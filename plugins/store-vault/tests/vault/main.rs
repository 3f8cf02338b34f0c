//! The store against the fake Vault of the test kit, over HTTPS.

mod broken;
mod failures;
mod logins;
mod reading;
mod secrecy;
mod world;

use deployer_core::Result;
use deployer_core::traits::Answer;
use world::{GIVEN, TOKEN, World, address, failed, found, read};

const BY_GITHUB: &str = "login = { github = { token = { env = \"GITHUB\" } } }";

impl World {
    /// How often a method and a path were asked for.
    fn asked(&self, method: &str, path: &str) -> usize {
        self.server.log().entries().iter().filter(|entry| entry.is(method, path)).count()
    }
}

/// What is said about a missing secret.
#[track_caller]
fn missing(answer: Answer) -> String {
    match answer {
        Answer::Missing(why) => why.unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

/// What a person is told of a failure.
#[track_caller]
fn told<T: std::fmt::Debug>(result: Result<T>) -> String {
    format!("{:?}", result.expect_err("a failure"))
}
