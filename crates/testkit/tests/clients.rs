//! The fakes, driven by clients that others wrote.

use std::path::{Path, PathBuf};
use std::process::Command;

use deployer_testkit::emulate::EmulatedSlack;
use deployer_testkit::server::Server;
use deployer_testkit::slack::{Delivery, FakeSlack};
use deployer_testkit::vault::{AuthMethod, FakeVault, KvVersion};
use deployer_testkit::{python, skip_or_fail};
use serde_json::json;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs a script of ours in Python; its assertions are the test's.
fn run_python(name: &str, script: &str, arguments: &[&str]) -> bool {
    let python = match python::venv(&here("clients/requirements.txt")) {
        Ok(python) => python,
        Err(reason) => {
            skip_or_fail(name, &reason);
            return false;
        }
    };
    let mut command = Command::new(python);
    command.arg(here("tests/clients").join(script)).args(arguments).env("NO_PROXY", "127.0.0.1,localhost");
    let output = command.output().expect("python starts");
    assert!(output.status.success(), "{script}:\n{}", String::from_utf8_lossy(&output.stderr));
    true
}

#[test]
fn hvac_drives_the_fake_vault() {
    let vault = FakeVault::new();
    vault.plant_token("hvs.planted");
    vault.mount("team/kv", KvVersion::Two);
    vault.put("team/kv", "nodes/a", json!({"password": "old"}));
    vault.put("team/kv", "nodes/a", json!({"password": "ø\n\"", "port": 5432, "nested": {"on": true}}));
    for path in ["nodes/deep/b", "nodes/deleted", "nodes/destroyed", "forbidden"] {
        vault.put("team/kv", path, json!({"value": "x"}));
    }
    vault.delete("team/kv", "nodes/deleted");
    vault.destroy("team/kv", "nodes/destroyed");
    vault.mount("old", KvVersion::One);
    vault.put("old", "plain", json!({"value": "1"}));
    vault.deny("team/kv/data/forbidden");
    vault.approle("role", Some("secret-id"));
    vault.approle("open", None);
    vault.mount_auth("team/approle", AuthMethod::AppRole);
    vault.github_user("ghp_known");
    for (mount, method) in
        [("userpass", AuthMethod::Userpass), ("ldap", AuthMethod::Ldap), ("radius", AuthMethod::Radius)]
    {
        vault.mount_auth(mount, method);
        vault.user(mount, "bob", "password");
    }
    for (mount, method, credential) in [
        ("kubernetes", AuthMethod::Kubernetes, "service-account"),
        ("jwt", AuthMethod::Jwt, "identity"),
        ("aws", AuthMethod::Aws, "AKIAKNOWN"),
        ("azure", AuthMethod::Azure, "managed"),
    ] {
        vault.mount_auth(mount, method);
        vault.role(mount, "deployer", credential);
    }
    let wrapped = json!({"secret_id": "secret-id", "secret_id_accessor": "a"});
    let wrapping = vault.wrap(wrapped.as_object().cloned().expect("an object"));

    let server = Server::https(vault.router());
    let ca = server.ca_file().expect("over HTTPS").display().to_string();
    if run_python("hvac", "vault.py", &[&server.url(""), &ca, "hvs.planted", &wrapping]) {
        let logins: Vec<String> = vault.issued_tokens().into_iter().map(|token| token.login).collect();
        let first = ["auth/approle/login", "auth/team/approle/login", "auth/github/login"];
        assert_eq!(logins[..3], first);
        assert_eq!(vault.live_tokens().len(), logins.len() - 1, "the first was revoked");
        let namespaced =
            |(path, space): &(String, Option<String>)| path.starts_with("auth/github") == space.is_some();
        assert!(vault.namespaces().iter().filter(|(path, _)| path.contains("login")).all(namespaced));
    }
}

#[test]
fn slack_sdk_posts_and_uploads_to_the_fake_slack() {
    let slack = FakeSlack::new();
    slack.token("xoxb-planted");
    let channel = slack.channel("releases");
    let server = Server::https(slack.router());
    let ca = server.ca_file().expect("over HTTPS").display().to_string();
    if !run_python("slack_sdk", "slack.py", &[&server.url("/slack/api/"), &ca, "xoxb-planted", "releases"]) {
        return;
    }
    let deliveries = slack.deliveries();
    let [Delivery::Message(message), Delivery::File(file)] = deliveries.as_slice() else {
        panic!("a message, then a file: {deliveries:?}");
    };
    assert_eq!((message.channel.as_str(), message.thread.as_deref()), (channel.as_str(), None));
    assert_eq!(message.text, "Deployed <https://example.org/run|run 7> & more");
    assert_eq!(message.blocks[0]["text"]["text"], "*ø*");
    assert_eq!((file.name.as_str(), file.title.as_deref()), ("changes.diff", Some("Changes")));
    assert_eq!(file.content, "+ ø\n- o\n".as_bytes());
    assert_eq!((file.channel.as_ref(), file.thread.as_ref()), (Some(&channel), Some(&message.stamp)));
    assert_eq!(file.comment.as_deref(), Some("The changes"));
}

#[test]
fn slack_sdk_meets_the_programmed_failures() {
    let slack = FakeSlack::new();
    slack.token("xoxb-planted");
    let channel = slack.channel("releases");
    let server = Server::http(slack.router());
    // The script's first post names an unknown channel; failures are used up in order after it.
    slack.refuse("chat.postMessage", "channel_not_found", 1);
    slack.limit("chat.postMessage", 3, 1);
    slack.refuse("chat.postMessage", "not_in_channel", 1);
    slack.fail_uploads(1);
    let arguments = [&server.url("/slack/api/"), "xoxb-planted", &channel];
    if run_python("slack_sdk", "slack_failures.py", &arguments) {
        let texts: Vec<String> = slack.messages().into_iter().map(|message| message.text).collect();
        assert_eq!((texts.as_slice(), slack.files().len()), (["third".to_owned()].as_slice(), 0));
    }
}

#[test]
fn the_same_script_passes_against_a_mock_of_others() {
    match EmulatedSlack::start() {
        Ok(emulated) => {
            let base = format!("{}/", emulated.api_url());
            run_python("emulate", "slack.py", &[&base, "-", EmulatedSlack::TOKEN, "general"]);
        }
        Err(reason) => skip_or_fail("emulate", &reason),
    }
}
