//! The methods of the Web API.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, State as Held};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::fake::FakeSlack;
use super::parameters::Parameters;
use super::state::{Delivery, Failure, File, Message, State, Upload};
use crate::server::Origin;

pub(super) async fn answer(
    Held(slack): Held<FakeSlack>,
    Path(method): Path<String>,
    Extension(origin): Extension<Origin>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut state = slack.lock();
    state.received.push(body.to_vec());
    match state.failure(&method) {
        Some(Failure::Limited(seconds)) => {
            let headers = [(RETRY_AFTER, seconds.to_string())];
            return (StatusCode::TOO_MANY_REQUESTS, headers, Json(refused("ratelimited"))).into_response();
        }
        Some(Failure::Refused(error)) => return Json(refused(&error)).into_response(),
        None => {}
    }
    let Some(parameters) = Parameters::read(uri.query().unwrap_or_default(), header(CONTENT_TYPE), &body)
    else {
        return Json(refused("invalid_json")).into_response();
    };
    if method == "api.test" {
        return Json(json!({ "ok": true, "args": parameters.into_value() })).into_response();
    }
    let token = header(AUTHORIZATION).strip_prefix("Bearer ").or(parameters.text("token"));
    let answer = match token {
        None => refused("not_authed"),
        Some(token) if !state.tokens.iter().any(|known| known == token) => refused("invalid_auth"),
        Some(_) => call(&mut state, &method, &origin.0, parameters).unwrap_or_else(refused),
    };
    Json(answer).into_response()
}

fn refused(error: &str) -> Value {
    json!({ "ok": false, "error": error })
}

/// Runs a method; the error is Slack's name for it.
fn call(
    state: &mut State,
    method: &str,
    origin: &str,
    parameters: Parameters,
) -> Result<Value, &'static str> {
    match method {
        "auth.test" => Ok(json!({
            "ok": true, "url": format!("{origin}/"), "team": "testkit", "user": "deployer", "team_id": "T00000001",
            "user_id": "U00000001", "bot_id": "B00000001", "is_enterprise_install": false,
        })),
        "conversations.list" => Ok(channels(state)),
        "chat.postMessage" => post_message(state, parameters),
        "files.getUploadURLExternal" => begin_upload(state, origin, &parameters),
        "files.completeUploadExternal" => complete_upload(state, &parameters),
        _ => Err("unknown_method"),
    }
}

fn channels(state: &State) -> Value {
    let channels: Vec<Value> = state
        .channels
        .iter()
        .map(|(id, name)| json!({ "id": id, "name": name, "is_channel": true, "is_member": true, "is_archived": false }))
        .collect();
    json!({ "ok": true, "channels": channels, "response_metadata": { "next_cursor": "" } })
}

fn post_message(state: &mut State, parameters: Parameters) -> Result<Value, &'static str> {
    let channel = parameters.text("channel").and_then(|channel| state.channel(channel));
    let channel = channel.ok_or("channel_not_found")?;
    let text = parameters.text("text").unwrap_or_default().to_owned();
    let blocks = parameters.structure("blocks");
    if text.is_empty() && blocks.is_null() {
        return Err("no_text");
    }
    let stamp = format!("1767225600.{:06}", state.deliveries.len() + 1);
    let message = Message {
        channel: channel.clone(),
        text: text.clone(),
        blocks,
        thread: parameters.text("thread_ts").map(str::to_owned),
        stamp: stamp.clone(),
        parameters: parameters.into_value(),
    };
    state.deliveries.push(Delivery::Message(message));
    let echo =
        json!({ "type": "message", "text": text, "ts": stamp, "user": "U00000001", "bot_id": "B00000001" });
    Ok(json!({ "ok": true, "channel": channel, "ts": stamp, "message": echo }))
}

fn begin_upload(state: &mut State, origin: &str, parameters: &Parameters) -> Result<Value, &'static str> {
    let name = parameters.text("filename").ok_or("invalid_arguments")?.to_owned();
    let length = parameters.number("length").filter(|length| *length > 0).ok_or("invalid_arguments")?;
    state.uploads_ever += 1;
    let id = format!("F{:08}", state.uploads_ever);
    state.uploads.insert(id.clone(), Upload { name, length, content: None, sent_token: false });
    Ok(json!({ "ok": true, "upload_url": format!("{origin}/slack/upload/{id}"), "file_id": id }))
}

/// Completes all files of the call, or none.
fn complete_upload(state: &mut State, parameters: &Parameters) -> Result<Value, &'static str> {
    // The plural form takes a comma list; one channel is all that a deployment needs.
    let channel = match parameters.text("channel_id").or(parameters.text("channels")) {
        Some(given) => {
            Some(state.channels.iter().find(|(id, _)| id == given).ok_or("channel_not_found")?.0.clone())
        }
        None => None,
    };
    let listed = parameters.structure("files");
    let listed = listed.as_array().filter(|files| !files.is_empty()).ok_or("invalid_arguments")?;
    let mut files = Vec::new();
    for file in listed {
        let id = file.get("id").and_then(Value::as_str).ok_or("invalid_arguments")?;
        let upload = state.uploads.get(id).ok_or("file_not_found")?;
        files.push(File {
            id: id.to_owned(),
            channel: channel.clone(),
            name: upload.name.clone(),
            title: file.get("title").and_then(Value::as_str).map(str::to_owned),
            comment: parameters.text("initial_comment").map(str::to_owned),
            thread: parameters.text("thread_ts").map(str::to_owned),
            content: upload.content.clone().ok_or("file_not_found")?,
            sent_token: upload.sent_token,
        });
    }
    let answer: Vec<Value> = files.iter().map(|file| json!({ "id": file.id, "title": file.title })).collect();
    for file in files {
        state.uploads.remove(&file.id);
        state.deliveries.push(Delivery::File(file));
    }
    Ok(json!({ "ok": true, "files": answer }))
}
