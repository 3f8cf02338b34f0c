//! The action for GitHub.

use deployer_testkit::skip_or_fail;
use deployer_testkit::world::{Outcome, Program, World};
use deployer_tests::bench::Bench;
use deployer_tests::checks::{assert_code, assert_says};
use deployer_tests::scene::Scene;
use serde_json::{Value, json};

use crate::{LIMIT, PROGRAM, node, packages, yaml};

/// What a run of the action's first step left.
struct Ran {
    outcome: Outcome,
    outputs: String,
    summary: String,
}

impl Ran {
    fn output(&self, name: &str) -> Option<&str> {
        self.outputs.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    }
}

/// An expression of the step's environment, as GitHub fills it in.
fn filled(action: &Value, text: &str, inputs: &[(&str, &str)]) -> String {
    let Some(name) = text.strip_prefix("${{ inputs.").and_then(|text| text.strip_suffix(" }}")) else {
        panic!("an expression that this test does not know: {text}")
    };
    let given = inputs.iter().rev().find(|(input, _)| *input == name).map(|(_, value)| *value);
    given.unwrap_or_else(|| action["inputs"][name]["default"].as_str().expect("a default")).to_owned()
}

async fn run(scene: &Scene, inputs: &[(&str, &str)]) -> Ran {
    run_in(&scene.world, scene.program("bash"), inputs).await
}

/// Runs the step as GitHub's runner does. `shell` is bash, where the repository is checked out.
async fn run_in(world: &World, shell: Program<'_>, inputs: &[(&str, &str)]) -> Ran {
    let action = yaml::read("github/action.yml");
    let step = yaml::step(&action, "Plan or deploy");
    let runner = tempfile::tempdir_in(world.folder()).expect("the world's folder is writable");
    let file = |name: &str| {
        let path = runner.path().join(name);
        std::fs::write(&path, "").expect("writable");
        path
    };
    let (outputs, summary) = (file("outputs"), file("summary"));
    let mut program = shell
        .args([
            "--noprofile",
            "--norc",
            "-e",
            "-o",
            "pipefail",
            "-c",
            step["run"].as_str().expect("a script"),
        ])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_WORKSPACE", world.folder())
        .env("GITHUB_OUTPUT", &outputs)
        .env("GITHUB_STEP_SUMMARY", &summary)
        .env("RUNNER_TEMP", world.folder());
    let inputs = [&[("program", PROGRAM)], inputs].concat();
    for (name, value) in step["env"].as_object().expect("variables") {
        program = program.env(name, filled(&action, value.as_str().expect("a text"), &inputs));
    }
    let outcome = program.run(LIMIT).await;
    let read = |path| std::fs::read_to_string(path).expect("readable");
    Ran { outcome, outputs: read(outputs), summary: read(summary) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_summed_up_and_a_deploy_keeps_what_was_there() {
    let scene = Scene::new();
    let plan = run(&scene, &[("command", "plan"), ("environment", "test")]).await;
    assert_code(&plan.outcome, 0);
    assert_eq!(plan.output("changes"), Some("true"));
    assert!(plan.summary.starts_with("### Plan for `test`\n"), "{}", plan.summary);
    assert_says(&plan.outcome, ["\n::group::master: ", "\n::endgroup::\n"]);
    assert_eq!(plan.output("artifact"), Some("sesam-deployer-plan-test"));
    let folder = std::path::Path::new(plan.output("folder").expect("a folder"));
    assert!(folder.join("plan.json").is_file() && folder.join("plan.txt").is_file());

    let deploy = run(
        &scene,
        &[("command", "deploy"), ("arguments", "--strict\n\n--yes"), ("artifact", "kept\nfolder=x")],
    )
    .await;
    assert_code(&deploy.outcome, 0);
    assert_eq!(deploy.output("artifact"), Some("keptfolder=x"), "no output is added");
    let state = std::path::Path::new(deploy.output("folder").expect("a folder")).join("state");
    assert!(state.read_dir().expect("the state folder").next().is_some());

    let plan = run(&scene, &[("command", "plan")]).await;
    assert_code(&plan.outcome, 0);
    assert_eq!(plan.output("changes"), Some("false"));

    let elsewhere = run(&scene, &[("command", "deploy"), ("state", "settings")]).await;
    assert_code(&elsewhere.outcome, 0);
    let folder = std::path::Path::new(elsewhere.output("folder").expect("a folder"));
    assert!(folder.join("deploy.txt").is_file() && !folder.join("state").exists(), "the settings say where");
    let neither = run(&scene, &[("command", "deploy"), ("state", "somewhere")]).await;
    assert_code(&neither.outcome, 64);
    assert_says(&neither.outcome, ["neither `artifact` nor `settings`"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_summed_up_and_stands_at_its_place() {
    let scene = Scene::new();
    scene.replace("node/variables/variables-test.json", "\"crm-page-size\"", "\"crm-pagesize\"");
    let plan = run(&scene, &[("command", "plan")]).await;
    assert_code(&plan.outcome, 3);
    assert_eq!(plan.output("changes"), None);
    assert!(plan.summary.starts_with("### No plan for `test`\n"), "{}", plan.summary);
    assert_says(&plan.outcome, ["::error file=root/node/systems/crm.conf.json"]);

    let plan = run(&scene, &[("command", "plan"), ("settings", "nowhere.toml")]).await;
    assert_code(&plan.outcome, 78);
    assert!(plan.summary.contains("exit code 78"), "{}", plan.summary);
    assert_code(&run(&scene, &[("command", "destroy")]).await.outcome, 64);
}

/// The scene has several nodes, which no test can use: the job says so, and keeps the results that there are.
#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_breaks_off_has_a_summary_and_results() {
    let scene = Scene::new();
    let test = run(&scene, &[("command", "test")]).await;
    assert_code(&test.outcome, 4);
    assert!(test.summary.starts_with("### Test of the output of pipes\n\n    "), "{}", test.summary);
    let folder = std::path::Path::new(test.output("folder").expect("a folder"));
    let results = std::fs::read_to_string(folder.join("junit.xml")).expect("results");
    assert!(results.contains("<error type=\"test\"") && results.contains("has several nodes"), "{results}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_passes_and_one_that_fails_are_summed_up() {
    let bench = Bench::new(PROGRAM);
    let inputs = [("command", "test"), ("arguments", "--yes")];
    let passed = run_in(&bench.world, bench.other("bash"), &inputs).await;
    assert_code(&passed.outcome, 0);
    assert!(passed.summary.contains("\n    Outputs: 1 passed, 1 left out\n"), "{}", passed.summary);
    let folder = std::path::Path::new(passed.output("folder").expect("a folder"));
    assert!(folder.join("junit.xml").is_file() && folder.join("test.txt").is_file());
    assert!(folder.join("state").read_dir().expect("the state folder").next().is_some());

    bench.write("node/expected/customer-out.json", "[]");
    let failed = run_in(&bench.world, bench.other("bash"), &inputs).await;
    assert_code(&failed.outcome, 2);
    assert_says(&failed.outcome, ["::error file=node/expected/customer-out.json,line=1"]);
    assert!(failed.summary.contains("\n    Outputs: 1 not as expected, 1 left out\n"), "{}", failed.summary);
    let folder = std::path::Path::new(failed.output("folder").expect("a folder"));
    let results = std::fs::read_to_string(folder.join("junit.xml")).expect("results");
    assert!(results.contains("<failure type=\"length\""), "{results}");
}

#[tokio::test(flavor = "multi_thread")]
async fn inputs_are_never_run() {
    let scene = Scene::new();
    let hostile = "test\"; touch pwned; echo \"$(touch pwned)`touch pwned`";
    for input in ["environment", "settings", "arguments", "command", "program"] {
        let run = run(&scene, &[("command", "plan"), (input, hostile)]).await;
        assert_ne!(run.outcome.code(), Some(0), "{input}");
        assert!(!scene.world.folder().join("pwned").exists(), "{input} was run");
    }
}

#[test]
fn a_pull_request_has_one_comment_for_each_environment() {
    let packages = match packages() {
        Ok(packages) => packages,
        Err(reason) => return skip_or_fail("the client of GitHub's API", &reason),
    };
    let action = yaml::read("github/action.yml");
    let step = yaml::step(&action, "Comment on the pull request");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = folder.path().join("script.js");
    std::fs::write(&script, step["with"]["script"].as_str().expect("a script")).expect("writable");
    let plan = |name: &str| {
        let below = folder.path().join(name);
        std::fs::create_dir(&below).expect("writable");
        std::fs::write(below.join("plan.md"), format!("plan {name}")).expect("writable");
        below
    };
    let (first, second) = (plan("first"), plan("second"));
    let runs = json!([
        { "environment": "test", "folder": first },
        { "environment": "prod -->", "folder": first },
        { "environment": "test", "folder": second },
        { "environment": "other", "folder": first, "denied": true },
    ]);
    let left =
        node("comment_github.js", [packages.as_os_str(), script.as_os_str(), runs.to_string().as_ref()]);
    let bodies: Vec<&str> = left["comments"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|comment| comment["body"].as_str())
        .collect();
    assert_eq!(
        bodies,
        [
            "<!-- sesam-deployer test -->\nnot ours",
            "<!-- sesam-deployer test -->\nplan second",
            "<!-- sesam-deployer prod%20--%3E -->\nplan first",
        ]
    );
    assert_eq!(left["warnings"].as_array().map(Vec::len), Some(1), "{left}");
}
