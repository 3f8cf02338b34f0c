//! Files of SOPS, as a store reads them. What their values are is tested beside the code.

use std::path::Path;

use deployer_core::plugin::Context;
use deployer_core::{Kind, SecretValue};
use deployer_store_file::FILE;
use deployer_testkit::answers::{found, missing, read};
use tempfile::TempDir;

use super::built;
use super::plain::write;

const YAML: &str = include_str!("../../src/sops/tests/secrets.enc.yaml");
const IDENTITY: &str = "AGE-SECRET-KEY-1SNXT26XW9UXKWD8A7VPJ9HNTMJTRLKJJ2YT70SX8UYSWGXM5J43Q33JZWW";

fn settings(path: &Path, more: &str) -> String {
    format!("path = {path:?}\n{more}")
}

#[tokio::test]
async fn a_file_of_sops_is_recognized_and_read_with_the_identity() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("secrets.enc.yaml");
    write(&path, YAML);
    let mut context = Context::new("test");
    context.variables = [("IDENTITY", IDENTITY)].into_iter().collect();
    let store = built(&FILE, &context, &settings(&path, "age = { identity = { env = \"IDENTITY\" } }"));
    assert_eq!(found(read(&*store, "port").await), SecretValue::new("5432"));
    missing(read(&*store, "sops").await);
    assert!(!format!("{store:?}").contains("AGE-SECRET"), "{store:?}");

    let error = built(&FILE, &context, &settings(&path, "")).open().await.expect_err("no identity");
    assert!(error.kind() == Kind::Settings && error.message().contains("SOPS"), "{error:?}");
}

#[tokio::test]
async fn plain_yaml_is_rejected_and_not_repeated() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("secrets.yaml");
    write(&path, "password: hunter2\n");
    let error = built(&FILE, &Context::new("test"), &settings(&path, "")).open().await.expect_err("plain");
    let shown = format!("{error:?}");
    assert!(error.kind() == Kind::Verification && shown.contains("SOPS"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}
