//! Files that are encrypted with age.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use age::secrecy::{ExposeSecret, SecretString};
use age::{armor, scrypt, x25519};
use async_trait::async_trait;
use deployer_core::plugin::Context;
use deployer_core::traits::{SecretAnswer, SecretStore};
use deployer_core::{Kind, Result, SecretValue};
use deployer_store_file::FILE;
use deployer_testkit::answers::read;
use deployer_testkit::contract::{
    StoreLimit, StoreRig, Support, Trouble, UNSUPPORTED, canary, secret_store_contract,
};
use tempfile::TempDir;

use super::built;
use super::plain::{dotenv, write};
use super::rig::Fresh;

const BY_IDENTITY: &str = "age = { identity = { env = \"IDENTITY\" } }";
const BY_PASSPHRASE: &str = "age = { passphrase = { env = \"PASSPHRASE\" } }";

/// The text of an identity.
pub(super) fn text(identity: &x25519::Identity) -> String {
    identity.to_string().expose_secret().to_owned()
}

struct Rig {
    folder: TempDir,
    identity: x25519::Identity,
    stranger: x25519::Identity,
    secrets: Mutex<BTreeMap<String, String>>,
    /// Whether stores get the key of somebody else.
    wrong: Mutex<bool>,
}

#[async_trait]
impl StoreRig for Rig {
    fn store(&self) -> Arc<dyn SecretStore> {
        let wrong = *self.wrong.lock().expect("no test panics with the lock");
        let identity = text(if wrong { &self.stranger } else { &self.identity });
        let mut context = Context::new("test");
        context.variables = [("IDENTITY", identity)].into_iter().collect();
        let settings = format!("path = {:?}\n{BY_IDENTITY}", self.folder.path().join("secrets.env.age"));
        Fresh::store(move || built(&FILE, &context, &settings))
    }

    async fn put(&self, secrets: &[(String, String)]) -> Support {
        let mut all = self.secrets.lock().expect("no test panics with the lock");
        all.extend(secrets.iter().cloned());
        let encrypted = age::encrypt(&self.identity.to_public(), dotenv(&all).as_bytes()).expect("encrypted");
        std::fs::write(self.folder.path().join("secrets.env.age"), encrypted).expect("a file");
        Ok(())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        if trouble != Trouble::Unauthenticated {
            return UNSUPPORTED;
        }
        *self.wrong.lock().expect("no test panics with the lock") = true;
        Ok(())
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

    fn mend(&self) {
        *self.wrong.lock().expect("no test panics with the lock") = false;
    }

    fn credentials(&self) -> Vec<String> {
        vec![text(&self.identity), text(&self.stranger)]
    }
}

#[tokio::test]
async fn an_encrypted_file_keeps_the_contract_and_may_be_readable_by_all() {
    let rig = Rig {
        folder: TempDir::new().expect("a folder"),
        identity: x25519::Identity::generate(),
        stranger: x25519::Identity::generate(),
        secrets: Mutex::default(),
        wrong: Mutex::default(),
    };
    secret_store_contract(&rig).await;
}

/// Opens a file with these variables.
async fn opened(path: &Path, variables: &[(&str, &str)], settings: &str) -> Result<Arc<dyn SecretStore>> {
    let mut context = Context::new("test");
    context.variables = variables.iter().copied().collect();
    let store = built(&FILE, &context, &format!("path = {path:?}\nformat = \"json\"\n{settings}"));
    store.open().await.map(|()| store)
}

#[tokio::test]
async fn an_armoured_file_is_read_with_any_of_several_identities() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("secrets.age");
    let identity = x25519::Identity::generate();
    let recipient = identity.to_public();
    write(&path, age::encrypt_and_armor(&recipient, b"{\"a\": \"x\"}").expect("encrypted"));
    let identities =
        format!("# created: today\n{}\n\n{}\n", text(&x25519::Identity::generate()), text(&identity));
    let store = opened(&path, &[("IDENTITY", &identities)], BY_IDENTITY).await.expect("one of them is right");
    let SecretAnswer::Found { value, .. } = read(&*store, "a").await else { panic!("it is there") };
    assert_eq!(value, SecretValue::new("x"));
}

/// A file with a passphrase, with hardly any work, as no person would make it.
fn with_passphrase(passphrase: &str, plain: &[u8]) -> Vec<u8> {
    let mut recipient = scrypt::Recipient::new(SecretString::from(passphrase.to_owned()));
    recipient.set_work_factor(2);
    let encryptor = age::Encryptor::with_recipients([&recipient as _].into_iter()).expect("one recipient");
    let mut encrypted = Vec::new();
    let armored = armor::ArmoredWriter::wrap_output(&mut encrypted, armor::Format::Binary).expect("a writer");
    let mut writer = encryptor.wrap_output(armored).expect("a writer");
    writer.write_all(plain).expect("written");
    writer.finish().and_then(armor::ArmoredWriter::finish).expect("finished");
    encrypted
}

#[tokio::test]
async fn a_passphrase_opens_its_file_and_no_wrong_key_is_shown() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("secrets.age");
    let canary = canary();
    write(&path, with_passphrase("correct horse", format!("{{\"a\": {:?}}}", "x").as_bytes()));
    opened(&path, &[("PASSPHRASE", "correct horse")], BY_PASSPHRASE).await.expect("the passphrase");
    let identity = text(&x25519::Identity::generate());
    for (variables, settings, kind) in [
        (("PASSPHRASE", canary.value()), BY_PASSPHRASE, Kind::Unauthenticated),
        (("IDENTITY", identity.as_str()), BY_IDENTITY, Kind::Unauthenticated),
        (("OTHER", "x"), "", Kind::Settings),
    ] {
        let error = opened(&path, &[variables], settings).await.expect_err("the wrong key");
        assert_eq!(error.kind(), kind, "{error:?}");
        let shown = format!("{error:?}");
        assert_eq!(canary.find(shown.as_bytes()), []);
        assert!(!shown.contains(&identity), "{shown}");
    }
}

#[tokio::test]
async fn a_damaged_file_is_told_as_one() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("secrets.age");
    let identity = x25519::Identity::generate();
    let whole = age::encrypt(&identity.to_public(), b"{\"a\": \"x\"}").expect("encrypted");
    let mut changed = whole.clone();
    *changed.last_mut().expect("bytes") ^= 1;
    for damaged in [&whole[..whole.len() - 3], &whole[..60], &changed] {
        write(&path, damaged);
        let error = opened(&path, &[("IDENTITY", &text(&identity))], BY_IDENTITY).await.expect_err("damaged");
        assert_eq!(error.kind(), Kind::Verification, "{error:?}");
    }
}
