//! Answers that cannot be read and hold a secret.

use deployer_testkit::canary::Canary;
use deployer_testkit::server::Answer;
use serde_json::{Value, json};

/// The secret that the answers hold.
pub(crate) fn canary() -> Canary {
    Canary::hostile("value")
}

/// Answers that hold the canary and cannot be read, each broken in another way.
pub(crate) fn broken() -> Vec<Answer> {
    let canary = canary();
    let canary = canary.value();
    let whole = json!({ "value": canary, "access_token": canary, "id": "https://x/secrets/a" }).to_string();
    let cut = whole[..whole.len() - 3].to_owned();
    let shapes = [
        json!(canary),
        json!([canary]),
        json!({ "value": { "x": canary }, "access_token": [canary], "expires_in": canary, "token_type": 7 }),
        json!({ "value": [{ "id": canary }], "access_token": { "x": canary }, "attributes": canary }),
        json!({ "value": [canary], "nextLink": [canary], "attributes": { "exp": canary }, "token_type": [canary] }),
    ];
    let mut bodies =
        vec![cut, canary.to_owned(), format!("<html>{canary}</html>"), format!("{whole}{whole}")];
    bodies.extend(shapes.iter().map(Value::to_string));
    let answer = |status: u16, body: &String| Answer { status, headers: Vec::new(), body: body.clone() };
    bodies.iter().flat_map(|body| [answer(200, body), answer(500, body), answer(403, body)]).collect()
}
