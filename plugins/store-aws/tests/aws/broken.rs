//! Answers that cannot be read and hold a secret.

use deployer_testkit::canary::Canary;
use deployer_testkit::server::Answer;
use serde_json::{Value, json};

/// Answers that hold the canary and cannot be read, each broken in another way.
pub(crate) fn broken(canary: &Canary) -> Vec<Answer> {
    let canary = canary.value();
    let whole = json!({ "Name": "a", "SecretString": canary }).to_string();
    let shapes = [
        json!(canary),
        json!([canary]),
        json!({ "SecretString": [canary], "SecretValues": canary, "SecretList": canary }),
        json!({ "SecretString": { "a": canary }, "SecretValues": [canary], "SecretList": [canary] }),
        json!({ "SecretBinary": canary, "SecretValues": [{ "SecretString": [canary] }], "SecretList": [{ "Name": [canary] }] }),
    ];
    let mut bodies =
        vec![whole[..whole.len() - 3].to_owned(), canary.to_owned(), format!("<html>{canary}</html>")];
    bodies.push(format!("{whole}{whole}"));
    bodies.extend(shapes.iter().map(Value::to_string));
    let answer = |status: u16, body: &String| Answer { status, headers: Vec::new(), body: body.clone() };
    bodies.iter().flat_map(|body| [answer(200, body), answer(500, body)]).collect()
}
