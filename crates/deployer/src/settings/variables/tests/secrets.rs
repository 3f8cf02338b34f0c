//! The `VAULT_…` variables, and when secrets are read at all.

use super::*;

const NO_UPLOAD: &str =
    r#"{"URL": "node.example", "JWT": "jwt-canary", "UPLOAD_VARIABLES": true, "UPLOAD_SECRETS": false}"#;

fn stores(settings: &Settings) -> Vec<&[String]> {
    settings.nodes.iter().map(|node| node.stores.as_slice()).collect()
}

#[test]
fn secrets_are_read_when_they_are_verified_or_uploaded() {
    for (verify, master, read, sent) in [
        ("true", MASTER, [true, true], true),
        ("true", NO_UPLOAD, [true, true], false),
        ("false", MASTER, [true, false], true),
        ("false", NO_UPLOAD, [false, false], false),
    ] {
        let settings =
            settings(&[("VERIFY_SECRETS", verify), ("MASTER_NODE", master), ("EXTRA_NODES", EXTRA)]);
        let found: Vec<bool> = stores(&settings).iter().map(|stores| !stores.is_empty()).collect();
        assert_eq!(found, read, "{verify} {master}");
        assert_eq!(settings.nodes[0].upload_secrets, sent, "{verify} {master}");
        assert!(!settings.nodes[1].upload_secrets);
    }
}

#[test]
fn without_verification_absent_vault_settings_are_a_warning_and_nothing_is_sent() {
    for absent in ["VAULT_URL", "VAULT_MOUNTING_POINT", "VAULT_GIT_TOKEN"] {
        let settings = settings(&[("VERIFY_SECRETS", "false"), (absent, "-")]);
        assert!(settings.nodes.iter().all(|node| node.stores.is_empty() && !node.upload_secrets));
        let notes = notes(&settings);
        assert!(notes.contains("Warning: no secret is read or sent") && notes.contains(absent), "{notes}");
        assert!(refusal(&[(absent, "-")]).contains(&format!("{absent} is missing")));
    }
}

#[test]
fn vault_is_not_needed_when_secrets_are_neither_verified_nor_uploaded() {
    let none = [
        ("VERIFY_SECRETS", "false"),
        ("MASTER_NODE", NO_UPLOAD),
        ("VAULT_URL", "-"),
        ("VAULT_GIT_TOKEN", "-"),
    ];
    assert_eq!(settings(&none).notes, []);
}

#[test]
fn vault_has_two_ways_to_log_in() {
    let github = settings(&[("VAULT_AUTH", "git-token")]);
    assert!(github.text().text().contains("login.github.token = { env = \"VAULT_GIT_TOKEN\" }"));
    let approle = settings(&[("VAULT_AUTH", "AppRole"), ("VAULT_APPROLE_ID", "role-canary")]);
    assert!(approle.text().text().contains("login.approle.role_id = { env = \"VAULT_APPROLE_ID\" }"));
    assert!(refusal(&[("VAULT_AUTH", "approle")]).contains("VAULT_APPROLE_ID is missing"));
    assert!(refusal(&[("VAULT_AUTH", "canary")]).contains("VAULT_AUTH names no way to log in"));
    let shown = refusal(&[("VAULT_GIT_TOKEN", "-"), ("VAULT_APPROLE_ID", "role-canary")]);
    assert!(shown.contains("to use it, set VAULT_AUTH=approle"), "{shown}");
}

#[test]
fn the_prefix_is_taken_as_it_is() {
    assert!(settings(&[("VAULT_PATH_PREFIX", "manual/")]).text().text().contains("prefix = \"manual/\""));
    assert!(!settings(&[]).text().text().contains("prefix"));
}

#[test]
fn vault_over_plain_http_worked_and_is_warned_about() {
    let settings = settings(&[("VAULT_URL", "http://vault.internal:8200")]);
    assert!(settings.text().text().contains("http = { allow_http = true }"));
    assert!(notes(&settings).contains("VAULT_URL is an http:// address"));
    assert!(
        refusal(&[("VAULT_URL", "https://u:canary@vault.example")]).contains("VAULT_URL holds a user name")
    );
}
