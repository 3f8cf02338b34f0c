//! Secrets do not show. The world's runner searches all that comes out of every run for the planted ones: both outputs at log level
//! trace, files, git objects, messages, the node's configuration, and addresses.

use std::time::Duration;

use deployer_testkit::canary::Canary;
use deployer_testkit::server::{Answer, Cut, Rule};
use deployer_testkit::world::{Outcome, Program, World};
use deployer_tests::checks::{assert_code, assert_says, said};
use deployer_tests::scene::{Credentials, MOUNT, NODE_TOKEN, SECRETS, Scene};
use serde_json::json;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
/// Longer than any run takes.
const LIMIT: Duration = Duration::from_secs(60);

/// A scene in which every credential and every secret is planted.
struct Planted {
    scene: Scene,
    secret: Canary,
    node: Canary,
    slack: Canary,
}

impl Planted {
    fn new() -> Self {
        let secret = Canary::hostile("secret");
        let (node, git) = (Canary::jwt("node"), Canary::header_safe("git"));
        let (vault, slack) = (Canary::header_safe("vault"), Canary::header_safe("slack"));
        // How the fake Vault begins the tokens that it issues.
        let issued = Canary::new("token of the Vault login", "hvs.CAESIissued");
        let world = [&secret, &node, &git, &vault, &slack, &issued];
        let world = world.into_iter().fold(World::builder(), |world, canary| world.canary(canary));
        let credentials = Credentials {
            node: node.value().to_owned(),
            vault: vault.value().to_owned(),
            git: git.value().to_owned(),
        };
        let scene = Scene::with(world, credentials, |_| secret.value().to_owned());
        scene.world.slack().token(slack.value());
        scene.world.slack().channel("deploys");
        Self { scene, secret, node, slack }
    }

    /// The program with every connection to the outside: the nodes, Vault, and a Slack channel.
    fn program(&self) -> Program<'_> {
        let section = self.scene.slack_section("#deploys");
        self.scene.program_with_file(PROGRAM, &section).env("SLACK_TOKEN", self.slack.value())
    }

    /// The same with the original's variables.
    fn program_of_variables(&self) -> Program<'_> {
        self.scene.program(PROGRAM)
    }

    /// Runs a command as a person and as a machine would, each with the whole log.
    async fn run(&self, code: i32, arguments: &[&str]) -> Outcome {
        let trace = ["--log-level", "trace", "--log-format"];
        let json = self.program().args(arguments).args(trace).args(["json", "--json"]).run(LIMIT).await;
        assert_code(&json, code);
        let text = self.program().args(arguments).args(trace).arg("text").run(LIMIT).await;
        assert_code(&text, code);
        assert!(text.stderr().contains("DEBUG") || text.stderr().contains("TRACE"), "the log is empty");
        text
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_where_all_goes_well() {
    let planted = Planted::new();
    planted.run(0, &["check"]).await;
    planted.run(0, &["check", "--resolve"]).await;
    planted.run(0, &["plan"]).await;
    for format in ["json", "markdown", "unified"] {
        assert_code(&planted.program().args(["plan", "--format", format]).run(LIMIT).await, 0);
    }
    let folder = planted.scene.world.folder().join("rendered");
    assert_code(&planted.program().arg("render").arg(folder).run(LIMIT).await, 0);
    planted.run(0, &["deploy"]).await;
    let sent = planted.scene.world.node().secret_value_for_test("crm-token");
    assert_eq!(sent.as_deref(), Some(planted.secret.value()), "the secret arrives as it is");
    assert_eq!(planted.scene.world.slack().messages().len(), 2, "Slack was told");
    planted.run(0, &["restore", "--last", "--dry-run"]).await;
    planted.run(0, &["notify", "--test"]).await;
    for command in ["restore", "graph", "settings"] {
        assert_code(&planted.program().args([command, "--json"]).run(LIMIT).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_in_the_commands_of_the_daily_job() {
    let planted = Planted::new();
    planted.run(0, &["status", "--diff"]).await;
    planted.run(0, &["explain", "crm"]).await;
    planted.run(0, &["explain", "crm", "--offline"]).await;
    let dumped = planted.scene.world.folder().join("dumped").display().to_string();
    assert_code(&planted.program().args(["dump", &dumped, "--log-level", "trace"]).run(LIMIT).await, 0);
    for arguments in [&["plugins"][..], &["settings"], &["version"], &["completions", "bash"]] {
        let program = planted.program().args(arguments).args(["--log-level", "trace"]);
        assert_code(&program.run(LIMIT).await, 0);
    }
    let made = planted.scene.world.folder().join("made.toml").display().to_string();
    let init = planted.program_of_variables().args(["init", "--settings", &made, "--log-level", "trace"]);
    assert_code(&init.run(LIMIT).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_where_secrets_go_to_single_systems() {
    let planted = Planted::new();
    let own = "[nodes.master.system_secrets]\n\"*\" = [\"*\"]\n";
    let program = || {
        let program = planted.scene.program_with_file(PROGRAM, own);
        program.args(["--log-level", "trace"])
    };
    let kept = planted.scene.world.folder().join("plan.json");
    assert_code(&program().arg("plan").arg("--out").arg(&kept).run(LIMIT).await, 0);
    let words = format!("cannot take {}", planted.secret.value());
    let answer = Answer::json(403, &json!({ "detail": words }));
    planted.scene.world.faults().answer(Rule::new("POST", "/api/systems/*"), answer);
    assert_code(&program().arg("deploy").run(LIMIT).await, 1);
    planted.scene.world.faults().clear();
    assert_code(&program().args(["deploy", "--json"]).run(LIMIT).await, 0);
    let sent = planted.scene.world.node().system_secret_value_for_test("crm", "crm-token");
    assert_eq!(sent.as_deref(), Some(planted.secret.value()), "the secret arrives as it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_in_the_door_of_variables() {
    let planted = Planted::new();
    for command in ["check", "plan", "deploy"] {
        let program = planted.program_of_variables().args([command, "--log-level", "trace"]);
        assert_code(&program.run(LIMIT).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_where_variables_cannot_be_read() {
    let planted = Planted::new();
    for (name, part, new) in [
        ("MASTER_NODE", "{", "{{"),
        ("MASTER_NODE", "\"URL\"", "\"URI\""),
        ("MASTER_NODE", "}", ""),
        ("EXTRA_NODES", "EXTRA_NODE_GIT_URL", "EXTRA_NODE_URL"),
        ("EXTRA_NODES", "\"EXTRA_NODE_GIT_TOKEN\":\"", "\"EXTRA_NODE_GIT_TOKEN\":[\""),
        ("VAULT_URL", "https://", "ftp://"),
    ] {
        let program = planted.scene.program_but(PROGRAM, name, part, new);
        assert_code(&program.args(["deploy", "--log-level", "trace"]).run(LIMIT).await, 78);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_where_a_secret_is_missing() {
    let planted = Planted::new();
    planted.scene.replace("node/systems/crm.conf.json", "$SECRET(crm-token)", "$SECRET(crm-tokn)");
    planted.run(3, &["plan"]).await;
    planted.run(3, &["deploy"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_where_the_node_refuses_the_configuration() {
    let planted = Planted::new();
    planted.scene.replace("node/pipes/crm-avtale.conf.json", "\"type\": \"rest\"", "\"type\": \"rets\"");
    planted.run(1, &["deploy"]).await;
    let forced = planted.program_of_variables().args(["deploy", "--log-level", "trace"]).run(LIMIT).await;
    assert_code(&forced, 0);
}

/// Pipelines have ways of their own to write special characters, which could hide a secret from the search for it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_in_the_log_of_a_pipeline() {
    for format in ["azure", "github"] {
        let planted = Planted::new();
        let trace = ["--log-level", "trace", "--log-format", format];
        for command in ["check", "plan"] {
            assert_code(&planted.program().arg(command).args(trace).run(LIMIT).await, 0);
        }
        let words = format!("cannot take {} of {}", planted.secret.value(), planted.node.value());
        let answer = Answer::json(400, &json!({ "detail": words, "title": words, "errors": [words] }));
        planted.scene.world.faults().answer(Rule::new("POST", "/api/secrets"), answer);
        let outcome = planted.program().arg("deploy").args(trace).run(LIMIT).await;
        assert_code(&outcome, 1);
        assert_says(&outcome, ["cannot take [secret]"]);
    }
}

/// A node that repeats what it was sent, as a server with a careless error message does.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_where_the_node_repeats_secrets_in_its_errors() {
    for status in [400, 403, 500] {
        let planted = Planted::new();
        let words = format!("cannot take {} of {}", planted.secret.value(), planted.node.value());
        let answer = Answer::json(status, &json!({ "detail": words, "title": words, "errors": [words] }));
        planted.scene.world.faults().answer(Rule::new("POST", "/api/secrets"), answer);
        let outcome = planted.program().args(["deploy", "--log-level", "trace"]).run(LIMIT).await;
        assert_code(&outcome, 1);
        assert_says(&outcome, ["cannot take [secret]"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_where_the_node_repeats_secrets_in_its_objections() {
    let planted = Planted::new();
    let objection =
        json!({ "elements": "$", "level": "error", "msg": format!("no: {}", planted.secret.value()) });
    let answer =
        json!({ "validation_errors": [{ "posted-config": { "_id": "crm" }, "config-errors": [objection] }] });
    planted.scene.world.faults().answer(Rule::new("PUT", "/api/config"), Answer::json(400, &answer));
    planted.run(1, &["deploy"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_where_the_token_of_the_node_is_refused() {
    let planted = Planted::new();
    let denied = Answer::json(403, &json!({ "detail": format!("no such token: {}", planted.node.value()) }));
    planted.scene.world.faults().answer(Rule::path("/api/*"), denied);
    planted.run(1, &["plan"]).await;
    planted.run(1, &["deploy"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_where_git_refuses_the_token() {
    let planted = Planted::new();
    planted.scene.world.faults().answer(Rule::path("/git/nett.git/*"), Answer::html(401, "Sign in"));
    planted.run(1, &["deploy"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_where_git_repeats_the_token() {
    let mut planted = Planted::new();
    let token = Canary::header_safe("git");
    planted.scene.repository("nett").decline_pushes(&format!("not with {}", token.value()));
    // The hook holds the token because it stands there to be repeated.
    let hooks = planted.scene.repository("nett").folder().join("hooks");
    planted.scene.world.exempt(hooks);
    let outcome = planted.run(1, &["deploy"]).await;
    assert_says(&outcome, ["remote: not with [secret]"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_where_a_web_page_stands_in_front_of_vault() {
    for status in [200, 401, 502] {
        let planted = Planted::new();
        let page = Answer::html(status, "Sign in");
        planted.scene.world.faults().answer(Rule::path(&format!("/v1/{MOUNT}/data/{}", SECRETS[1])), page);
        let outcome = planted.program().args(["deploy", "--log-level", "trace"]).run(LIMIT).await;
        assert_ne!(outcome.code(), Some(0), "{}", said(&outcome));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_where_vault_breaks_off_in_the_middle_of_a_secret() {
    for end in ["", "\"", "\", 1}", "\"}}", "\"}, \"metadata\": 1}}"] {
        let planted = Planted::new();
        let value = json!(planted.secret.value()).to_string();
        let body = format!("{{\"data\": {{\"data\": {{\"value\": {}{end}", value.trim_end_matches('"'));
        let half =
            Answer { status: 200, headers: Vec::new(), body }.header("content-type", "application/json");
        planted.scene.world.faults().answer(Rule::path(&format!("/v1/{MOUNT}/data/{}", SECRETS[0])), half);
        for arguments in [&["deploy"][..], &["deploy", "--json", "--log-format", "json"]] {
            let program = planted.program().args(arguments).args(["--log-level", "trace"]);
            let outcome = program.run(LIMIT).await;
            assert_ne!(outcome.code(), Some(0), "{}", said(&outcome));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_where_vault_repeats_what_it_was_sent() {
    let planted = Planted::new();
    let login = Canary::header_safe("vault");
    let errors = json!({ "errors": [format!("bad token {}", login.value())] });
    planted.scene.world.faults().answer(Rule::path("/v1/auth/github/login"), Answer::json(400, &errors));
    let outcome = planted.program().args(["deploy", "--log-level", "trace"]).run(LIMIT).await;
    assert_ne!(outcome.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_where_slack_fails() {
    let planted = Planted::new();
    planted.scene.world.slack().refuse("chat.postMessage", "invalid_auth", 2);
    planted.run(0, &["deploy"]).await;
    planted.scene.world.slack().fail_uploads(2);
    planted.scene.replace("node/pipes/crm-kunde.conf.json", "Customers", "All customers");
    planted.run(0, &["deploy"]).await;
    let page = Answer::html(502, "Bad Gateway");
    planted.scene.world.faults().answer(Rule::path("/slack/*"), page);
    planted.run(0, &["deploy"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_where_connections_are_cut() {
    for rule in [
        Rule::path("/v1/*").nth(4),
        Rule::new("POST", "/api/secrets").first(1),
        Rule::path("/slack/upload/*"),
    ] {
        let planted = Planted::new();
        planted.scene.world.faults().cut(rule, Cut::BeforeAnswer);
        let outcome = planted.program().args(["deploy", "--log-level", "trace"]).run(LIMIT).await;
        assert_code(&outcome, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_literal_credential_is_masked_in_every_output_and_reported_with_its_place() {
    let value = "not-a-canary-since-the-configuration-holds-it";
    let secret = |name: &str| if name == "crm-token" { value.to_owned() } else { format!("value of {name}") };
    let scene = Scene::with(World::builder(), Credentials::default(), secret);
    let file = "node/systems/arkiv.conf.json";
    scene.replace(file, "\"$SECRET(arkiv-password)\"", &format!("\"{value}\""));
    let place = scene.places(file, value).remove(0);
    let place = place.rsplit_once(':').map(|(line, _)| line.to_owned()).expect("a column");

    for arguments in [
        &["plan", "--full"][..],
        &["plan", "--json"],
        &["plan", "--format", "markdown"],
        &["plan", "--format", "unified"],
        &["deploy", "--dry-run", "--full", "--log-level", "trace"],
        &["deploy", "--json", "--dry-run"],
    ] {
        let outcome = scene.program(PROGRAM).args(arguments).run(LIMIT).await;
        assert_code(&outcome, 0);
        assert!(!said(&outcome).contains(value), "{arguments:?} shows it:\n{}", said(&outcome));
        // The log of requests names every secret that is read, whether or not its value is in the configuration.
        let is_logged = arguments.contains(&"trace");
        let is_named = outcome.stderr().contains("crm-token");
        assert_eq!(is_named, is_logged, "a guess is not confirmed:\n{}", outcome.stderr());
        // Markdown lists new entities without their text.
        let shows_text = !arguments.contains(&"markdown");
        assert_eq!(outcome.stdout().contains("[secret]"), shows_text, "{arguments:?}\n{}", outcome.stdout());
        assert_says(
            &outcome,
            [
                "the configuration contains 1 literal secret value in system arkiv",
                &place,
                "Write $SECRET(name) instead",
            ],
        );
    }
}

/// `status` and `explain` compare no secrets, and read the stores so that literal values are masked.
#[tokio::test(flavor = "multi_thread")]
async fn a_literal_credential_is_masked_where_nodes_are_looked_at() {
    let value = "not-a-canary-since-the-configuration-holds-it";
    let secret = |name: &str| if name == "crm-token" { value.to_owned() } else { format!("value of {name}") };
    let scene = Scene::with(World::builder(), Credentials::default(), secret);
    scene.replace("node/systems/arkiv.conf.json", "\"$SECRET(arkiv-password)\"", &format!("\"{value}\""));
    let variables = "node/variables/variables-test.json";
    scene.replace(variables, "\"crm-page-size\": 50", &format!("\"crm-page-size\": \"{value}\""));
    let commands: [(&[&str], &str); 3] = [
        (&["status", "--diff"], "arkiv"),
        (&["explain", "crm"], "crm-page-size = "),
        (&["explain", "crm", "--json"], "\"crm-page-size\""),
    ];
    for (arguments, shown) in commands {
        let outcome = scene.program(PROGRAM).args(arguments).run(LIMIT).await;
        assert_code(&outcome, 0);
        assert!(!said(&outcome).contains(value), "{arguments:?} shows it:\n{}", said(&outcome));
        assert_says(&outcome, [shown, "[secret]"]);
    }
    let page = Answer::html(502, "Bad Gateway");
    scene.world.faults().answer(Rule::path(&format!("/v1/{MOUNT}/data/*")), page);
    for (arguments, why) in [
        (&["status", "--diff"][..], "the differences are not shown"),
        (&["explain", "crm"], "not shown, it could contain a secret"),
        (&["explain", "crm", "--json"], "HTTP 502"),
    ] {
        let outcome = scene.program(PROGRAM).args(arguments).run(LIMIT).await;
        assert_code(&outcome, 1);
        assert!(!said(&outcome).contains(value), "{arguments:?} shows it:\n{}", said(&outcome));
        assert_says(&outcome, [why]);
    }
    // Without the differences nothing is shown that could be a secret, so that no store is needed.
    assert_code(&scene.program(PROGRAM).arg("status").run(LIMIT).await, 0);
}

/// A command that supplies a credential inherits the limits of the program.
#[tokio::test(flavor = "multi_thread")]
async fn no_dump_of_memory_can_be_written() {
    let scene = Scene::new();
    let command = format!("test \"$(ulimit -Hc)\" = 0 && printf %s {NODE_TOKEN}");
    let more = format!(
        "[environments.test.nodes.master.target]\ntoken = {{ command = [\"/bin/sh\", \"-c\", {command:?}] }}\n"
    );
    assert_code(&scene.program_with_file(PROGRAM, &more).arg("plan").run(LIMIT).await, 0);
}
