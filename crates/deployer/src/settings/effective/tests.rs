use deployer_core::plugin::ProcessVariables;

use super::*;
use crate::output::Style;
use crate::output::settings::text;
use crate::plugins::table;
use crate::settings::Asked;

const FILE: &str = r#"environment = "test"
link = { env = "LINK" }

[configuration]
folder = "."
variables = ["all.json", "{environment}/{{x}}.json"]

[stores.main]
kind = "vault"
mount = "sesam"
address = "https://vault.example.com"
login = { approle = { role_id = { env = "ROLE" } } }
[stores.main.http]
ca_file = "ca.pem"

[secrets.aliases]
"a b" = { store = "main", name = "c" }

[nodes.master.target]
kind = "node"
url = "node.example.com"
token = { command = ["pass", "jwt"] }

[nodes."ex.tra"]
templates = "extra_nodes/extra"
target = false

[[notify]]
kind = "slack"
webhook = { file = "hook" }

[environments.prod]
log_level = "info"
[environments.prod.stores.main.http]
connect_timeout_seconds = 3
"#;

fn read(text: &str, environment: Option<&str>, variables: &[(&str, &str)]) -> Settings {
    let variables: ProcessVariables = variables.iter().copied().collect();
    Settings::from_file("deployer.toml", text, environment, &variables)
        .unwrap_or_else(|error| panic!("{error:?}"))
}

fn shown(settings: &Settings) -> String {
    let effective = settings.effective(&table(&[]).unwrap()).unwrap_or_else(|error| panic!("{error:?}"));
    text(settings, &effective, Style::default())
}

/// The text without the blanks that part its columns.
fn squeezed(text: &str) -> String {
    text.split("  ")
        .filter(|part| !part.is_empty())
        .map(|part| part.trim_start_matches(' '))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn every_value_is_shown_with_where_it_comes_from() {
    let shown =
        shown(&read(FILE, Some("prod"), &[("CI_JOB_URL", "https://ci.example"), ("ROLE", "canary-canary")]));
    assert!(!shown.contains("canary"), "{shown}");
    for expected in [
        "environment = \"prod\" # default\n",
        "log_level = \"info\" # deployer.toml:33\n",
        "link = { env = \"LINK\" } # deployer.toml:2\n",
        "\n[source]\nkind = \"folder\" # default\npath = \".\" # default\n",
        "folder = \".\" # deployer.toml:5\n",
        "whitelist = \"deployment/whitelist-prod.txt\" # default\n",
        "variables = [\"all.json\", \"prod/{{x}}.json\"] # deployer.toml:6\n",
        "http.ca_file = \"ca.pem\" # deployer.toml:14\n",
        "http.connect_timeout_seconds = 3 # deployer.toml:35\n",
        "\n[secrets.aliases]\n\"a b\".store = \"main\" # deployer.toml:17\n",
        "\n[nodes.\"ex.tra\"]\nkeep_orchestrated = false # default\nprotected = [] # default\nproxy = false # default\n",
        "token = { command = [\"pass\", \"jwt\"] } # deployer.toml:22\n",
        "target = false # deployer.toml:26\n",
        "\n[[notify]]\nkind = \"slack\" # deployer.toml:29\nsend = \"changes\" # default\n",
    ] {
        assert!(squeezed(&shown).contains(expected), "{expected}\n{shown}");
    }
}

#[test]
fn what_is_shown_is_a_settings_file_that_says_the_same() {
    let extra = r#"{"ex.tra": {"EXTRA_NODE_GIT_URL": "git.example/x", "EXTRA_NODE_GIT_USERNAME": "u", "EXTRA_NODE_GIT_TOKEN": "t",
        "EXTRA_NODE_TEMPLATE_PATH": "extra_nodes/extra"}}"#;
    let variables: ProcessVariables = [
        ("NODE_FOLDER", "/data"),
        ("ENVIRONMENT", "test"),
        (
            "MASTER_NODE",
            r#"{"URL": "a.example", "JWT": "canary", "UPLOAD_VARIABLES": true, "UPLOAD_SECRETS": "true"}"#,
        ),
        ("EXTRA_NODES", extra),
        ("VAULT_URL", "https://vault.example"),
        ("VAULT_MOUNTING_POINT", "kv"),
        ("VAULT_GIT_TOKEN", "canary"),
    ]
    .into_iter()
    .collect();
    let by_variables = Settings::from_variables(Asked::new(None, &variables)).unwrap();
    for settings in [read(FILE, None, &[]), read(FILE, Some("prod"), &[]), by_variables] {
        let once = shown(&settings);
        let again = read(&once, None, &[]);
        assert_eq!(again.configuration.variables, settings.configuration.variables);
        assert_eq!(format!("{:?}", again.nodes), format!("{:?}", settings.nodes));
        let values = |settings: &Settings| -> Vec<_> {
            let effective = settings.effective(&table(&[]).unwrap()).unwrap();
            effective.into_iter().map(|setting| (setting.section, setting.key, setting.value)).collect()
        };
        assert_eq!(values(&again), values(&settings), "{once}");
    }
}

#[test]
fn a_value_of_the_environment_variables_names_its_variable() {
    let variables: ProcessVariables = [
        ("NODE_FOLDER", "/data"),
        ("ENVIRONMENT", "test"),
        (
            "MASTER_NODE",
            r#"{"URL": "a.example", "JWT": "canary", "UPLOAD_VARIABLES": true, "UPLOAD_SECRETS": "true"}"#,
        ),
        ("VERIFY_SECRETS", "false"),
    ]
    .into_iter()
    .collect();
    let shown = shown(&Settings::from_variables(Asked::new(None, &variables)).unwrap());
    assert!(!shown.contains("canary"), "{shown}");
    for expected in [
        "# Effective settings of test, from the environment variables.\n",
        "path = \"/data\" # NODE_FOLDER\n",
        "url = \"a.example\" # MASTER_NODE.URL\n",
        "token = { env = \"MASTER_NODE\", field = \"JWT\" } # MASTER_NODE.JWT\n",
        "secrets = false # VERIFY_SECRETS\n",
        "variables = true # default\n",
    ] {
        assert!(squeezed(&shown).contains(expected), "{expected}\n{shown}");
    }
}

/// The keys that a section accepts, as its refusal of an unknown one lists them.
fn accepted(section: &str) -> Vec<String> {
    let small = "environment = 'test'\n[nodes.master]\ntarget = false\n[nodes.extra]\ntarget = false\n";
    let header = format!("[{section}]\n");
    let text = match small.find(&header) {
        Some(at) => format!("{}zzz = 1\n{}", &small[..at + header.len()], &small[at + header.len()..]),
        None => format!("{small}{header}zzz = 1\n"),
    };
    let error = Settings::from_file("x", text, None, &ProcessVariables::default()).unwrap_err();
    let message = format!("{error:?}");
    let listed = message.split_once("`zzz`, expected ").unwrap_or_else(|| panic!("{message}")).1;
    let listed = listed.lines().next().unwrap_or_default();
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_key_of_the_programs_own_sections_has_a_default_or_none() {
    let small = "environment = 'test'\n[nodes.master]\ntarget = false\n[nodes.extra]\ntarget = false\n";
    let effective = read(small, None, &[]).effective(&table(&[]).unwrap()).unwrap();
    // Nothing holds for these where nobody says anything.
    let without =
        ["templates", "upload_variables", "max_deletions", "allow_secrets", "system", "shims", "connectors"];
    for section in ["configuration", "verify", "safety", "limits", "nodes.extra"] {
        let listed: Vec<&str> = effective
            .iter()
            .filter(|setting| setting.section.join(".") == section)
            .map(|setting| setting.key[0].as_str())
            .collect();
        for key in accepted(section) {
            assert!(
                listed.contains(&key.as_str()) || without.contains(&key.as_str()),
                "{section}.{key}: {listed:?}"
            );
        }
    }
}
