//! Leases of tests, and state in a real bucket.

use std::time::Duration;

use deployer_testkit::place::FakePlace;
use deployer_testkit::server::{Moment, Rule, Server};
use deployer_testkit::services::or_skip;
use deployer_testkit::services::s3::RealS3;
use deployer_testkit::world::Program;
use deployer_tests::bench::Bench;
use deployer_tests::checks::{assert_code, assert_says, said};
use deployer_tests::place::VARIABLE;
use deployer_tests::scene::Scene;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);
const PIPE: &str = "node/pipes/global-kunde.conf.json";

#[tokio::test(flavor = "multi_thread")]
async fn a_test_has_the_lease_until_its_node_is_put_back() {
    let (bench, place) = (Bench::new(PROGRAM), FakePlace::new());
    let server = Server::http(place.router());
    let settings = bench.read("deployer.toml");
    let state = format!("[state]\nkind = \"served\"\nurl = \"{}\"\n", server.url("/state"));
    bench.write("deployer.toml", &(settings + &state));
    let program =
        |arguments: &[&str]| bench.program().env(VARIABLE, "1").env("HOSTNAME", "ci").args(arguments);
    let holder = || {
        let mut objects = place.objects().into_iter();
        let (_, record) = objects.find(|(name, _)| name.starts_with("lease-")).expect("a lease");
        serde_json::from_str::<Value>(&record).expect("a record")["holder"].clone()
    };

    let runs = Rule::new("POST", "/api/pipes/run-all-pipes");
    let mut hold = bench.world.faults().hold(runs, Moment::BeforeApply);
    let test = program(&["test", "--yes"]).start();
    hold.arrived().await.expect("it runs the pipes");
    assert_eq!(holder()["purpose"], "test");
    for second in [&["deploy", "--yes"][..], &["run"], &["test", "--yes"]] {
        let refused = program(second).run(LIMIT).await;
        assert_code(&refused, 4);
        assert_says(&refused, ["@ci has been testing on https://"]);
    }
    hold.release();
    assert_code(&test.wait(LIMIT).await, 0);
    assert_eq!(holder(), Value::Null);
    assert_eq!(bench.metadata(), None, "the switches of the test are taken back");
    assert_code(&program(&["run"]).run(LIMIT).await, 0);
    assert_eq!(holder(), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_machines_with_one_bucket_deploy_one_after_the_other() {
    let started = RealS3::start("test", "testtest", &["state"]);
    let Some(server) = or_skip("two machines with one bucket", started) else { return };
    let scene = Scene::new();
    let section = format!(
        "[state]\nkind = \"s3\"\nbucket = \"state\"\nprefix = \"prod\"\nendpoint = \"{}\"\n\
         login.access_key = {{ id = {{ env = \"S3_KEY_ID\" }}, secret = {{ env = \"S3_SECRET\" }} }}\n\
         [secrets]\nfingerprint_key = {{ env = \"FINGERPRINT_KEY\" }}\n",
        server.url()
    );
    let on = |machine: &str, arguments: &[&str]| -> Program<'_> {
        let program = scene.program_with_file(PROGRAM, &section).args(arguments);
        let program = program.env("S3_KEY_ID", "test").env("S3_SECRET", "testtest");
        program.env("FINGERPRINT_KEY", "0123456789abcdef").env("HOSTNAME", machine).env("USER", "kari")
    };
    let secrets = Rule::new("POST", "/api/secrets");
    let mut hold = scene.world.faults().hold(secrets.nth(1), Moment::BeforeApply);
    let first = on("build-7", &["deploy"]).start();
    hold.arrived().await.expect("it writes");
    let refused = on("build-8", &["deploy"]).run(LIMIT).await;
    assert_code(&refused, 4);
    assert_says(&refused, ["kari@build-7 has been deploying to https://"]);
    let changed = scene.read(PIPE).replacen('{', "{\"description\": \"second\",", 1);
    scene.write(PIPE, &changed);
    let second = on("build-8", &["deploy", "--wait", "5m"]).start();
    hold.release();
    assert_code(&first.wait(LIMIT).await, 0);
    let second = second.wait(LIMIT).await;
    assert_code(&second, 0);
    assert!(said(&second).contains("unchanged secrets, not sent"), "{}", said(&second));
    assert_eq!(scene.state().config["default"]["global-kunde"]["description"], "second");
    assert_says(&on("build-9", &["lock"]).run(LIMIT).await, ["nobody", "epoch 2"]);
    assert_code(&on("build-9", &["restore", "--last"]).run(LIMIT).await, 0);
    assert_eq!(scene.state().config["default"]["global-kunde"]["description"], Value::Null);
}
