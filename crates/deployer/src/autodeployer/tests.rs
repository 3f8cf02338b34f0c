use super::*;
use deployer_core::error::Note;

/// The variables that are required.
const REQUIRED: [(&str, &str); 4] = [
    ("JWT", "token-4f1c"),
    ("GIT_REPO", "git@github.com:acme/node.git"),
    ("DEPLOY_TOKEN", "key-90bd"),
    ("AUTODEPLOYER_PATH", "systems/autodeployer.conf.json"),
];

fn read(more: &[(&str, &str)]) -> Result<Settings> {
    let variables = REQUIRED.iter().chain(more).copied().collect();
    settings(Asked::new(None, &variables))
}

/// The text of the settings, each line behind the name of its table.
fn lines(settings: &Settings) -> Vec<String> {
    let mut table = String::new();
    let mut lines = Vec::new();
    for line in settings.text().text().lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix('[') {
            Some(name) => table = name.trim_end_matches(']').to_owned(),
            None => {
                // A comment names the variable.
                let line = line.split_once("  # ").map_or(line, |(line, _)| line);
                lines.push(format!("{table} {line}").trim().to_owned());
            }
        }
    }
    lines
}

fn notes(settings: &Settings) -> String {
    settings.notes.iter().map(|note: &Note| note.message.clone() + "\n").collect()
}

#[test]
fn each_variable_decides_its_settings() {
    let globs = |root: &str| {
        format!(
            "configuration whitelist = {{ include = [\"{root}**/pipes/**/*.conf.json\", \"{root}**/systems/**/*.conf.json\", \"{root}**/node-metadata.conf.json\"] }}"
        )
    };
    let (whole, below) = (globs(""), globs("sesam/{{x}}/"));
    let vault =
        [("VAULT_URL", "https://vault"), ("VAULT_MOUNTING_POINT", "kv"), ("VAULT_GIT_TOKEN", "t-77aa")];
    let with_prefix = [vault[0], vault[1], vault[2], ("VAULT_PATH_PREFIX", "sesam/")];
    for (more, expected) in [
        (&[][..], "source url = \"git@github.com:acme/node.git\""),
        (&[], "source ssh_key = { env = \"DEPLOY_TOKEN\" }"),
        (&[], "source accept_new_host_keys = true"),
        (&[], "source reference = \"master\""),
        (&[], "configuration variables = false"),
        (&[], &whole),
        (&[], "verify variables = false"),
        (&[], "verify secrets = false"),
        (&[], "nodes.master protected = [\"autodeployer\"]"),
        (&[], "nodes.master keep_orchestrated = false"),
        (&[], "nodes.master.target url = \"http://sesam-node:9042/api\""),
        (&[], "nodes.master.target http = { allow_http = true }"),
        (&[], "nodes.master.target token = { env = \"JWT\" }"),
        (&[], "watch interval = 60"),
        (&[], "watch drift = \"correct\""),
        (&[("GIT_REPO", "github.com:acme/a.git")], "source url = \"git@github.com:acme/a.git\""),
        (&[("GIT_REPO", "github.com:a/b"), ("GIT_USERNAME", "u")], "source url = \"https://github.com/a/b\""),
        (&[("GIT_USERNAME", "u")], "source username = \"u\""),
        (&[("GIT_USERNAME", "u")], "source token = { env = \"DEPLOY_TOKEN\" }"),
        (&[("KNOWN_HOSTS_FILE", "/hosts")], "source known_hosts = \"/hosts\""),
        (&[("BRANCH", "main")], "source reference = \"main\""),
        (&[("BRANCH", "main"), ("TAG", "v1")], "source reference = \"v1\""),
        (&[("SYNC_ROOT", "/")], &whole),
        (&[("SYNC_ROOT", "/sesam/{x}/")], &below),
        (&[("AUTODEPLOYER_PATH", "/systems/a[1].conf.json")], "nodes.master protected = [\"a[[]1[]]\"]"),
        (&[("VARIABLES_FILE_PATH", "/env/{a}.json")], "configuration variables = \"env/{{a}}.json\""),
        (&[("VARIABLES_FILE_PATH", "/env.json")], "verify variables = true"),
        (&vault, "stores.vault address = \"https://vault\""),
        (&vault, "stores.vault mount = \"kv\""),
        (&vault, "stores.vault login.github.token = { env = \"VAULT_GIT_TOKEN\" }"),
        (&vault, "verify secrets = true"),
        (&with_prefix, "stores.vault prefix = \"sesam/\""),
        (&[("ORCHESTRATOR", "no")], "nodes.master keep_orchestrated = true"),
        (&[("SESAM_API_URL", "https://node/api")], "nodes.master.target url = \"https://node/api\""),
        (&[("SLEEP_INTERVAL", "5")], "watch interval = 5"),
        (&[("SLEEP_INTERVAL", "5")], "watch drift_interval = 5"),
        (&[("SLEEP_INTERVAL", "often")], "watch interval = 60"),
        (&[("LOG_LEVEL", "WARNING")], "log_level = \"warn\""),
        (&[("WATCH_TOKEN", "t")], "watch listen = \"0.0.0.0:5000\""),
        (&[("WATCH_LISTEN", "127.0.0.1:1")], "watch listen = \"127.0.0.1:1\""),
        (&[("WATCH_TOKEN", "t")], "watch token = { env = \"WATCH_TOKEN\" }"),
        (
            &[("ALLOW_HTTP", "true"), ("SESAM_API_URL", "http://n/api")],
            "nodes.master.target http = { allow_http = true }",
        ),
    ] {
        let settings = read(more).unwrap_or_else(|error| panic!("{more:?}: {error:?}"));
        let lines = lines(&settings);
        assert!(lines.iter().any(|line| line == expected), "{more:?}: no {expected} in {lines:#?}");
    }
    assert!(read(&[]).is_ok_and(|settings| !notes(&settings).contains("host key")), "the image has that key");
}

#[test]
fn what_is_wrong_is_named_at_once_and_no_value_is_shown() {
    let variables = [("GIT_REPO", "host/a"), ("GIT_USERNAME", "user-5d10"), ("SYNC_ROOT", "../x")];
    let variables = variables.into_iter().collect();
    let error = settings(Asked::new(None, &variables)).expect_err("much is missing");
    let problems: Vec<&str> = error.related().iter().map(Error::message).collect();
    let names =
        ["JWT is missing", "DEPLOY_TOKEN is missing", "SYNC_ROOT leaves", "AUTODEPLOYER_PATH is missing"];
    assert_eq!(problems.len(), names.len(), "{problems:?}");
    for (problem, name) in problems.iter().zip(names) {
        assert!(problem.starts_with(name), "{problem}");
    }
    for (more, expected) in [
        (("AUTODEPLOYER_PATH", "autodeployer"), "AUTODEPLOYER_PATH names no entity"),
        (("SESAM_API_URL", "http://elsewhere-31c8/api"), "SESAM_API_URL is an http:// address"),
    ] {
        let error = format!("{:?}", read(&[more]).expect_err("it is refused"));
        assert!(error.contains(expected) && !error.contains("31c8") && !error.contains("4f1c"), "{error}");
    }
}

#[test]
fn what_is_ignored_is_a_warning() {
    for (more, expected) in [
        (("GIT_REPO", "https://host/a"), "DEPLOY_TOKEN is ignored"),
        (("GIT_REPO", "git@host:a"), "the first host key of host is accepted"),
        (("VAULT_URL", "https://vault"), "VAULT_GIT_TOKEN, VAULT_MOUNTING_POINT is not set"),
        (("SLEEP_INTERVAL", "0"), "SLEEP_INTERVAL is not a number"),
        (("LOG_LEVEL", "LOUD"), "LOG_LEVEL is ignored"),
    ] {
        let settings = read(&[more]).expect("it is not refused");
        assert!(notes(&settings).contains(expected), "{more:?}: {}", notes(&settings));
    }
}

#[test]
fn only_the_word_true_turns_it_off() {
    let is_off = |text: &str| is_off(&[("off", text)].into_iter().collect());
    assert!(is_off("true") && is_off("True"));
    assert!(!is_off("false") && !is_off(""));
}
