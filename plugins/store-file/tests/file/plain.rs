//! Plain files.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use deployer_core::plugin::Context;
use deployer_core::traits::{SecretAnswer, SecretStore};
use deployer_core::{Kind, SecretValue};
use deployer_store_file::FILE;
use deployer_testkit::answers::read;
use deployer_testkit::contract::{
    StoreLimit, StoreRig, Support, Trouble, UNSUPPORTED, canary, secret_store_contract,
};
use tempfile::TempDir;

use super::built;
use super::rig::Fresh;

/// Writes secrets in one of the formats.
pub(crate) type Writer = fn(&BTreeMap<String, String>) -> String;

pub(crate) fn json(secrets: &BTreeMap<String, String>) -> String {
    serde_json::to_string_pretty(secrets).expect("texts")
}

pub(crate) fn toml(secrets: &BTreeMap<String, String>) -> String {
    toml::to_string(secrets).expect("texts")
}

pub(crate) fn dotenv(secrets: &BTreeMap<String, String>) -> String {
    let quoted = |value: &str| {
        value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('\r', "\\r")
    };
    secrets.iter().map(|(name, value)| format!("{name}=\"{}\"\n", quoted(value))).collect()
}

/// Writes a file that nobody else can read.
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::write(path, bytes).expect("a file");
    fs::set_permissions(path, Permissions::from_mode(0o600)).expect("a mode");
}

struct Rig {
    folder: TempDir,
    file: &'static str,
    writer: Writer,
    secrets: Mutex<BTreeMap<String, String>>,
}

impl Rig {
    fn path(&self) -> PathBuf {
        self.folder.path().join(self.file)
    }
}

#[async_trait]
impl StoreRig for Rig {
    fn store(&self) -> Arc<dyn SecretStore> {
        let settings = format!("path = {:?}", self.path());
        Fresh::store(move || built(&FILE, &Context::new("test"), &settings))
    }

    async fn put(&self, secrets: &[(String, String)]) -> Support {
        let mut all = self.secrets.lock().expect("no test panics with the lock");
        all.extend(secrets.iter().cloned());
        write(&self.path(), (self.writer)(&all));
        Ok(())
    }

    fn trouble(&self, _: Trouble) -> Support {
        UNSUPPORTED
    }

    fn limits(&self) -> Vec<(StoreLimit, &'static str)> {
        vec![
            (StoreLimit::Requests, "the file is on this machine"),
            (StoreLimit::Denial, "a file is readable as a whole"),
            (StoreLimit::Logins, "there is no login"),
            (StoreLimit::Revocation, "nothing is created"),
        ]
    }

    async fn deny(&self, _: &str) -> Support {
        UNSUPPORTED
    }

    fn requests(&self) -> Option<usize> {
        None
    }

    fn logins(&self) -> Option<usize> {
        None
    }

    fn left_behind(&self) -> Option<usize> {
        None
    }

    fn mend(&self) {}

    fn credentials(&self) -> Vec<String> {
        Vec::new()
    }
}

async fn contract(file: &'static str, writer: Writer) {
    let folder = TempDir::new().expect("a folder");
    secret_store_contract(&Rig { folder, file, writer, secrets: Mutex::default() }).await;
}

#[tokio::test]
async fn json_keeps_the_contract() {
    contract("secrets.json", json).await;
}

#[tokio::test]
async fn toml_keeps_the_contract() {
    contract("secrets.toml", toml).await;
}

#[tokio::test]
async fn dotenv_keeps_the_contract() {
    contract(".env", dotenv).await;
}

/// A store of a file with this content and mode, and what opening it says.
async fn opened(content: &[u8], mode: u32, more: &str) -> (Arc<dyn SecretStore>, deployer_core::Result<()>) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("secrets.json");
    fs::write(&path, content).expect("a file");
    fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
    let store = built(&FILE, &Context::new("test"), &format!("path = {path:?}\n{more}"));
    let opened = store.open().await;
    (store, opened)
}

#[tokio::test]
async fn a_file_that_others_can_read_is_refused_unless_the_settings_allow_it() {
    for (mode, refused) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
        let error = opened(b"{}", mode, "").await.1.err();
        assert_eq!(
            error.as_ref().map(deployer_core::Error::kind),
            refused.then_some(Kind::Refused),
            "{mode:o}"
        );
        if let Some(error) = error {
            let shown = format!("{error:?}");
            assert!(shown.contains(&format!("{mode:04o}")) && shown.contains("chmod 600"), "{shown}");
        }
    }
    opened(b"{}", 0o644, "allow_readable_by_others = true").await.1.expect("it is allowed");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_fails_every_answer_and_shows_nothing_of_itself() {
    let canary = canary();
    let value = canary.value();
    let contents =
        [value.to_owned(), format!("[{value:?}]"), format!("{{\"a\": {value:?}, \"a\": {value:?}}}")];
    for content in contents {
        let (store, opened) = opened(content.as_bytes(), 0o600, "").await;
        assert_eq!(opened.expect_err("it is not JSON").kind(), Kind::Verification);
        // The file is gone by now: what cannot be read is read again.
        let SecretAnswer::Failed(error) = read(&*store, "a").await else { panic!("it cannot be read") };
        assert_eq!(error.kind(), Kind::NotFound);
    }
    let (_, opened) =
        opened(&[b"{\"a\": \"".as_slice(), value.as_bytes(), b"\xff\"}"].concat(), 0o600, "").await;
    let shown = format!("{:?}", opened.expect_err("it is not UTF-8"));
    assert!(shown.contains("secrets.json:2:") && shown.contains("UTF-8"), "{shown}");
    assert_eq!(canary.find(shown.as_bytes()), []);
}

#[tokio::test]
async fn a_missing_file_a_folder_and_a_plain_file_with_a_key_are_told_apart() {
    let folder = TempDir::new().expect("a folder");
    let told = async |path: &Path, more: &str| {
        let mut context = Context::new("test");
        context.variables = [("PASSPHRASE", "hunter2hunter2")].into_iter().collect();
        let store = built(&FILE, &context, &format!("path = {path:?}\nformat = \"json\"\n{more}"));
        store.open().await.expect_err("it cannot be opened")
    };
    assert_eq!(told(&folder.path().join("none"), "").await.kind(), Kind::NotFound);
    assert!(told(folder.path(), "").await.to_string().contains("no ordinary file"));
    let path = folder.path().join("plain");
    write(&path, "{}");
    let error = told(&path, "age = { passphrase = { env = \"PASSPHRASE\" } }").await;
    assert!(error.to_string().contains("is not encrypted"), "{error:?}");
}

#[tokio::test]
async fn null_is_missing_and_not_listed() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("secrets.json");
    write(&path, "{\"a\": null, \"b\": \"x\"}");
    let store = built(&FILE, &Context::new("test"), &format!("path = {path:?}"));
    let SecretAnswer::Missing { why: Some(why), .. } = read(&*store, "a").await else {
        panic!("null is no value")
    };
    assert_eq!(why, "it is null");
    let SecretAnswer::Found { value, .. } = read(&*store, "b").await else { panic!("it is there") };
    assert_eq!(value, SecretValue::new("x"));
    let names = store.names().await.expect("a list").expect("it can list");
    assert_eq!(names.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["b"]);
}
