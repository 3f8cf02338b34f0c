//! Files of SOPS, as a store reads them. What their values are is tested beside the code.

use std::path::Path;
use std::process::Command;

use age::x25519;
use deployer_core::plugin::Context;
use deployer_core::{Kind, SecretValue};
use deployer_store_file::FILE;
use deployer_testkit::answers::{found, missing, read};
use deployer_testkit::{python, skip_or_fail};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::built;
use super::encrypted::text;
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

/// The program of SOPS itself.
fn sops() -> Option<std::path::PathBuf> {
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/file/requirements.txt");
    match python::venv(&requirements) {
        Ok(python) => Some(python.with_file_name("sops")),
        Err(reason) => {
            skip_or_fail("files that SOPS itself encrypts", &reason);
            None
        }
    }
}

/// Encrypts a file in place, for recipients and by a further part of the rule for it.
fn encrypt(sops: &Path, file: &Path, recipients: &[&x25519::Identity], rule: &str) {
    let recipients: Vec<String> = recipients.iter().map(|it| it.to_public().to_string()).collect();
    let rules = file.with_file_name("rules.yaml");
    write(&rules, format!("creation_rules: [{{ age: \"{}\"{rule} }}]\n", recipients.join(",")));
    let mut command = Command::new(sops);
    command.arg("--config").arg(rules).args(["encrypt", "--in-place"]).arg(file);
    let output = command.output().expect("SOPS starts");
    assert!(output.status.success(), "{rule:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn store_of(
    file: &Path,
    identity: &x25519::Identity,
) -> std::sync::Arc<dyn deployer_core::traits::SecretStore> {
    let mut context = Context::new("test");
    context.variables = [("IDENTITY", text(identity))].into_iter().collect();
    built(&FILE, &context, &settings(file, "age = { identity = { env = \"IDENTITY\" } }"))
}

/// What a store answers for a value of a file.
fn expected(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[tokio::test]
async fn what_sops_itself_encrypts_is_read_with_every_rule() {
    let Some(sops) = sops() else { return };
    let (mine, other) = (x25519::Identity::generate(), x25519::Identity::generate());
    let content = json!({
        "plain": "a text with ø, 'quotes', \"quotes\", \ttabs and\nlines\n",
        "empty": "",
        "like_number": "007",
        "like_bool": "yes",
        "number": 5432,
        "negative": -1,
        "ratio": 1.5,
        "truth": true,
        "nothing": null,
        "nested": { "user": "bob", "list": ["one", 2, { "deep": false }], "empty": {} },
        "note_unencrypted": "everybody can read this",
        "with space: and colon": "x",
        "æ": "ø",
    });
    let rules = [
        "",
        ", encrypted_regex: ^(plain|number|nested)$",
        ", encrypted_regex: ^(plain|number|nested)$, mac_only_encrypted: true",
        ", unencrypted_regex: ^(ratio|nested)$",
        ", encrypted_suffix: n",
        ", unencrypted_suffix: _unencrypted",
    ];
    let folder = TempDir::new().expect("a folder");
    for (number, rule) in rules.into_iter().enumerate() {
        for ending in ["json", "yaml"] {
            let file = folder.path().join(format!("secrets-{number}.enc.{ending}"));
            // JSON is YAML too.
            write(&file, content.to_string());
            encrypt(&sops, &file, &[&other, &mine], rule);
            let store = store_of(&file, &mine);
            for (name, value) in content.as_object().expect("an object") {
                let case = format!("{name} in {ending} with {rule:?}");
                match expected(value) {
                    Some(value) => {
                        assert!(found(read(&*store, name).await) == SecretValue::new(value), "{case}");
                    }
                    None => drop(missing(read(&*store, name).await)),
                }
            }
        }
    }
}

/// The format of environment files has its metadata among the values.
#[tokio::test]
async fn what_is_encrypted_is_never_taken_for_a_value() {
    let Some(sops) = sops() else { return };
    let identity = x25519::Identity::generate();
    let folder = TempDir::new().expect("a folder");
    for name in ["secrets.enc.env", "secrets.env"] {
        let file = folder.path().join(name);
        write(&file, "password=hunter2\n");
        encrypt(&sops, &file, &[&identity], "");
        let error = store_of(&file, &identity).open().await.expect_err(name);
        let shown = format!("{error:?}");
        assert!(shown.contains("SOPS") && shown.contains("YAML"), "{shown}");
    }
}
