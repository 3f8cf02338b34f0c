//! The template for Azure Pipelines.

use std::process::Command;

use deployer_testkit::skip_or_fail;
use deployer_testkit::world::{Outcome, Program, World};
use deployer_tests::bench::Bench;
use deployer_tests::checks::{assert_code, assert_says};
use deployer_tests::scene::Scene;
use serde_json::{Value, json};

use crate::{LIMIT, PROGRAM, node, yaml};

async fn run(scene: &Scene, name: &str, parameters: &[(&str, &str)]) -> Outcome {
    run_in(&scene.world, scene.program("bash"), ("azure/stages.yml", name), parameters).await
}

/// Runs a step of a template as an agent does, with the template's parameters. `shell` is bash, where the repository is checked out.
async fn run_in(
    world: &World,
    shell: Program<'_>,
    (template, name): (&str, &str),
    parameters: &[(&str, &str)],
) -> Outcome {
    let template = yaml::read(template);
    let step = yaml::step(&template, name);
    let mut program = shell
        .args(["--noprofile", "--norc", "-c", step["bash"].as_str().expect("a script")])
        .env("TF_BUILD", "True")
        .env("BUILD_SOURCESDIRECTORY", world.folder())
        .env("AGENT_TEMPDIRECTORY", world.folder());
    for (name, value) in step["env"].as_object().expect("variables") {
        // The variables of `each` are the scene's.
        let Some(parameter) = value.as_str().and_then(|text| text.strip_prefix("${{ parameters.")) else {
            continue;
        };
        let parameter = parameter.strip_suffix(" }}").expect("an expression");
        let given = parameters.iter().find(|(name, _)| *name == parameter).map(|(_, value)| *value);
        program = program.env(name, given.unwrap_or_else(|| default(&template, parameter)));
    }
    program.run(LIMIT).await
}

fn default<'a>(template: &'a Value, parameter: &str) -> &'a str {
    let parameters = template["parameters"].as_array().expect("a list");
    let found = parameters.iter().find(|about| about["name"] == parameter).expect("a parameter");
    found["default"].as_str().expect("a default")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_summed_up_and_a_deploy_keeps_what_was_there() {
    let scene = Scene::new();
    let parameters = [("program", PROGRAM), ("environment", "test"), ("deployArguments", "--yes\n--strict")];
    let folder = scene.world.folder();
    let plan = run(&scene, "Plan", &parameters).await;
    assert_code(&plan, 0);
    let page = folder.join("sesam-deployer-plan/plan.md");
    assert_says(
        &plan,
        ["##[group]master: ".to_owned(), format!("##vso[task.uploadsummary]{}\n", page.display())],
    );
    assert!(std::fs::read_to_string(page).expect("the page").starts_with("### Plan for `test`\n"));

    assert_code(&run(&scene, "Deploy", &parameters).await, 0);
    let state = folder.join("sesam-deployer-deploy/state");
    assert!(state.read_dir().expect("the state folder").next().is_some());
    // Also when there is nothing to do, because secrets rotate.
    let again = run(&scene, "Deploy", &parameters).await;
    assert_code(&again, 0);
    assert_says(&again, ["##[section]Nothing to do.", "secrets to re-send"]);
    std::fs::remove_dir_all(&state).expect("it is there");
    assert_code(&run(&scene, "Deploy", &[&parameters[..], &[("state", "settings")]].concat()).await, 0);
    assert!(!state.exists(), "the settings say where");

    scene.replace("node/variables/variables-test.json", "\"crm-page-size\"", "\"crm-pagesize\"");
    let failed = run(&scene, "Plan", &parameters).await;
    assert_code(&failed, 3);
    assert_says(
        &failed,
        [
            "##vso[task.logissue type=error;sourcepath=root/node/systems/crm.conf.json",
            "##vso[task.uploadsummary]",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_passes_and_one_that_fails_have_results() {
    let bench = Bench::new(PROGRAM);
    let parameters = [("program", PROGRAM), ("arguments", "--yes")];
    let test =
        async || run_in(&bench.world, bench.other("bash"), ("azure/test.yml", "Test"), &parameters).await;
    let results = || bench.read("sesam-deployer-test/junit.xml");
    assert_code(&test().await, 0);
    assert!(results().contains("name=\"customer-out\"") && !results().contains("<failure"), "{}", results());

    bench.write("node/expected/customer-out.json", "[]");
    let failed = test().await;
    assert_code(&failed, 2);
    assert_says(
        &failed,
        ["##vso[task.logissue type=error;sourcepath=node/expected/customer-out.json;linenumber=1"],
    );
    assert!(results().contains("<failure type=\"length\""), "{}", results());
}

#[test]
fn a_pull_request_has_one_comment_for_each_environment() {
    for needed in ["node", "curl", "jq"] {
        if let Err(reason) = Command::new(needed).arg("--version").output() {
            return skip_or_fail("the comments of Azure Repos", &format!("{needed}: {reason}"));
        }
    }
    let template = yaml::read("azure/stages.yml");
    let step = yaml::step(&template, "Comment on the pull request");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = folder.path().join("script.sh");
    std::fs::write(&script, step["bash"].as_str().expect("a script")).expect("writable");
    let plan = |name: &str| {
        let below = folder.path().join(name);
        std::fs::create_dir_all(below.join("sesam-deployer-plan")).expect("writable");
        std::fs::write(below.join("sesam-deployer-plan/plan.md"), format!("plan {name}\n\"ø\""))
            .expect("writable");
        below
    };
    let (first, second) = (plan("first"), plan("second"));
    let runs = json!([
        { "environment": "test", "folder": first },
        { "environment": "prod", "folder": first },
        { "environment": "test", "folder": second },
    ]);
    let threads = node("comment_azure.js", [script.as_os_str(), runs.to_string().as_ref()]);
    let contents: Vec<&str> = threads
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|thread| thread["comments"][0]["content"].as_str())
        .collect();
    assert_eq!(
        contents,
        [
            "<!-- sesam-deployer test -->\nnot ours",
            "<!-- sesam-deployer test -->\nplan second\n\"ø\"",
            "<!-- sesam-deployer prod -->\nplan first\n\"ø\"",
        ]
    );
}
