//! What cannot be judged or written down is an error, in text, as JSON and as JUnit.

use deployer_testkit::server::{Moment, Rule};
use deployer_tests::checks::assert_says;
use serde_json::{Value, json};

use crate::PROGRAM;
use deployer_tests::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_that_the_node_finds_invalid_is_an_error_of_every_command_also_without_a_spec() {
    let bench = Bench::new(PROGRAM);
    bench.run(0, &["test", "--yes"]).await;
    let node = bench.world.node();
    let mut entities = node.state().config("").to_vec();
    entities.push(json!({ "_id": "broken", "type": "pipe", "source": { "type": "sql" } }));
    node.set_config("", entities).expect("the node takes entities");
    bench.write("node/expected/custmer-out.test.json", "{}");
    let junit = bench.world.folder().join("junit.xml").display().to_string();
    let log = bench.requests().len();
    let judging: [&[&str]; 3] = [
        &["verify", "--junit", &junit],
        &["test", "--skip", "upload", "--skip", "run"],
        &["verify", "--only", "customer-out"],
    ];
    for arguments in judging {
        assert_says(&bench.run(3, arguments).await, ["the node finds the pipe broken invalid"]);
    }
    let report = bench.junit();
    for part in
        ["name=\"broken\"><failure type=\"invalid\"", "the spec names the pipe &quot;custmer-out&quot;"]
    {
        assert!(report.contains(part), "all problems at once: {part}: {report}");
    }
    let others: [&[&str]; 3] = [&["update"], &["run"], &["test", "--skip", "upload"]];
    for arguments in others {
        assert_says(&bench.run(3, arguments).await, ["the node finds the pipe broken invalid"]);
    }
    let requests = bench.requests().split_off(log);
    assert!(requests.iter().all(|it| it.starts_with("GET ")), "nothing ran: {requests:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn expected_files_that_cannot_be_compared_are_found_before_anything_is_sent() {
    let bench = Bench::new(PROGRAM);
    bench.write("node/expected/customer-out.json", "[{ \"_id\": \"1\" },\n  7]");
    bench.write(
        "node/expected/more.test.json",
        &json!({ "pipe": "customer-out", "blacklist": ["secret"] }).to_string(),
    );
    bench.write("node/expected/more.json", "[\n{ \"_id\": }]");
    bench.write("node/testdata/other.json", "7");
    for command in [&["test", "--yes"][..], &["verify"]] {
        let outcome = bench.run(3, command).await;
        assert_says(
            &outcome,
            [
                "3 problems were found",
                "node/expected/customer-out.json:2:3",
                "node/expected/more.json:2:10",
                "node/testdata/other.json:1:1",
            ],
        );
    }
    assert_eq!(bench.requests(), [""; 0]);
    // What is not compared need not be right.
    bench.remove("node/testdata/other.json");
    let outcome = bench.run(0, &["test", "--yes", "--only", "customer-list"]).await;
    assert_says(&outcome, ["Outputs: 1 left out"]);
    bench.run(0, &["test", "--yes", "--update"]).await;
    assert_eq!(bench.read("node/expected/more.json"), bench.read("node/expected/customer-out.json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_wrong_with_files_is_found_before_anything_is_sent() {
    let bench = Bench::new(PROGRAM);
    bench.remove("node/expected/customer-out.json");
    let outcome = bench.run(3, &["test", "--yes"]).await;
    assert_says(&outcome, ["the expected file node/expected/customer-out.json does not exist"]);
    bench.write("node/test-env.json", "{}");
    let junit = bench.world.folder().join("junit.xml").display().to_string();
    let outcome = bench.run(3, &["test", "--yes", "--junit", &junit]).await;
    assert_says(&outcome, ["variable \"crm\" is not defined"]);
    assert!(bench.junit().contains("<error type=\"not-reached\""), "{}", bench.junit());
    bench.write("node/testdata/more/customer.json", "[]");
    let outcome = bench.run(3, &["test", "--yes"]).await;
    assert_says(
        &outcome,
        ["variable \"crm\" is not defined", "two files have testdata for the pipe customer"],
    );
    assert_eq!(bench.requests(), [""; 0]);

    // A pipe that the whitelist leaves out needs no expected file.
    bench.write("node/test-env.json", &json!({ "crm": "https://crm.example" }).to_string());
    bench.remove("node/testdata/more/customer.json");
    let settings = bench.read("deployer.toml");
    let without = "whitelist = { exclude = [\"pipes/customer-out.conf.json\"] }";
    bench.write("deployer.toml", &settings.replace("whitelist = false", without));
    let outcome = bench.run(0, &["test", "--yes"]).await;
    assert_says(&outcome, ["Outputs: 2 left out"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expected_file_that_is_not_written_is_no_pass() {
    let bench = Bench::new(PROGRAM);
    let file = bench.world.folder().join("node/expected/customer-out.json");
    std::fs::remove_file(&file).expect("it is there");
    // A folder in its place, made after the comparison, when the switches are taken back: no file can replace it.
    bench.world.faults().call(Rule::new("PUT", "/api/config").nth(2), Moment::BeforeApply, move |_| {
        std::fs::create_dir(&file).expect("the folder is writable")
    });
    let junit = bench.world.folder().join("junit.xml").display().to_string();
    let outcome = bench.run(1, &["test", "--yes", "--update", "--json", "--junit", &junit]).await;
    let document: Value = serde_json::from_str(&outcome.stdout()).expect("one document");
    assert_eq!(document["outputs"][1]["result"], "not-written", "{document:#}");
    assert_eq!(document["written"], json!([]));
    let report = bench.junit();
    for part in ["<error type=\"not-written\"", "<error type=\"test\""] {
        assert!(report.contains(part), "{part}: {report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_specs_are_in_the_report_if_they_are_an_error() {
    let bench = Bench::new(PROGRAM);
    bench.run(0, &["deploy", "--yes"]).await;
    std::fs::remove_dir_all(bench.world.folder().join("node/expected")).expect("it is there");
    let junit = bench.world.folder().join("junit.xml").display().to_string();
    bench.run(0, &["verify", "--junit", &junit]).await;
    assert!(!bench.junit().contains("<error"));
    let outcome = bench.run(3, &["verify", "--strict", "--junit", &junit]).await;
    assert_says(&outcome, ["no specs", "`sesam-deployer update` makes a spec"]);
    assert!(bench.junit().contains("<error type=\"test\""));
}

/// A pipeline shows ten errors of a step.
#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_gets_nine_annotations_and_one_that_counts_the_rest() {
    let bench = Bench::new(PROGRAM);
    bench.run(0, &["deploy", "--yes"]).await;
    let annotations = async || {
        let outcome = bench.run(3, &["verify", "--log-format", "github"]).await;
        let said = outcome.stdout() + &outcome.stderr();
        assert!(said.contains("bad-9.json:1:1") || said.contains("bad-9.json,line=1"), "{said}");
        said.lines().filter(|line| line.starts_with("::error")).map(str::to_owned).collect::<Vec<_>>()
    };
    let bad = |number: u32| {
        bench.write(&format!("node/expected/bad-{number}.test.json"), "{}");
        bench.write(&format!("node/expected/bad-{number}.json"), "7");
    };
    (0..10).for_each(bad);
    let shown = annotations().await;
    assert_eq!(shown.len(), 10, "{shown:#?}");
    assert!(shown.iter().all(|line| line.contains("file=")), "{shown:#?}");
    (10..12).for_each(bad);
    let shown = annotations().await;
    assert_eq!(shown.len(), 10, "{shown:#?}");
    assert_eq!(shown[9], "::error::3 more problems in the log of this step");
}
