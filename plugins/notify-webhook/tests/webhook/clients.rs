//! What is sent, judged by programs that nobody here wrote.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use deployer_testkit::server::Server;
use deployer_testkit::{python, skip_or_fail};
use serde_json::json;

use crate::receiver::{KEY, Receiver, TOKEN, Taken, notifier, reports};

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What a receiver takes of reports of every kind and of a test.
async fn sent() -> Vec<Taken> {
    let receiver = Receiver::default();
    let server = Server::http(receiver.router());
    let webhook = notifier(&server.url(Receiver::PATH), TOKEN);
    for report in reports() {
        webhook.deliver(&report).await.expect("it is taken");
    }
    webhook.test().await.expect("it is taken");
    let taken = receiver.taken().clone();
    assert_eq!(taken.len(), 4);
    taken
}

/// Runs a script of Python with a JSON document as its input; what it prints.
fn script(python: &Path, name: &str, input: &serde_json::Value) -> std::io::Result<String> {
    let mut child = Command::new(python)
        .arg(file("tests/clients").join(name))
        .arg(file("schema.json"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    child.stdin.take().expect("a pipe").write_all(input.to_string().as_bytes())?;
    let output = child.wait_with_output()?;
    assert!(output.status.success(), "{name} failed");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[tokio::test]
async fn pythons_hmac_finds_the_same_signature() {
    let requests: Vec<_> = sent().await.iter().map(request).collect();
    let mut forged = requests.clone();
    let body = forged[0]["body"].as_str().expect("a text").replace("prod", "test");
    forged[0]["body"] = json!(body);
    for (requests, expected) in [(requests, "4 of 4\n"), (forged, "3 of 4\n")] {
        let input = json!({ "key": KEY, "requests": requests });
        match script(Path::new("python3"), "verify_signature.py", &input) {
            Ok(verdict) => assert_eq!(verdict, expected),
            Err(error) => return skip_or_fail("Python's hmac", &error.to_string()),
        }
    }
}

fn request(taken: &Taken) -> serde_json::Value {
    json!({
        "signature": taken.header("x-deployer-signature"),
        "body": String::from_utf8(taken.body.to_vec()).expect("UTF-8"),
    })
}

#[tokio::test]
async fn bodies_are_as_the_schema_says() {
    let sent = sent().await;
    let events: Vec<&str> = sent.iter().map(|taken| taken.header("x-deployer-event")).collect();
    assert_eq!(events, ["deploy", "deploy", "deploy", "test"]);
    assert!(sent.iter().all(|taken| taken.header("content-type") == "application/json"));
    let python = match python::venv(&file("tests/clients/requirements.txt")) {
        Ok(python) => python,
        Err(reason) => return skip_or_fail("the Python package jsonschema", &reason),
    };
    let mut bodies: Vec<serde_json::Value> =
        sent.iter().map(|taken| serde_json::from_slice(&taken.body).expect("JSON")).collect();
    assert_eq!(bodies[2]["diff_lines_left_out"], json!(78_155));
    let mut wrong = bodies[0].clone();
    wrong["outcome"] = json!("half-way");
    bodies.push(wrong);
    let verdict = script(&python, "validate_schema.py", &json!(bodies)).expect("it runs");
    assert_eq!(verdict, "valid\nvalid\nvalid\nvalid\ninvalid\n");
}
