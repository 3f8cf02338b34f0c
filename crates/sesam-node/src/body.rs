//! Request bodies: JSON, and configuration as JSON, zip or a multipart form with the part `file`.

use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};

use crate::answer::Refusal;
use crate::archive;
use crate::config::issue::Report;
use crate::exact::ExactJson;
use crate::problem::Problem;
use crate::switches::Switches;

/// The largest request body, in bytes.
pub(crate) const LIMIT: usize = 256 * 1024 * 1024;

/// The entities of an uploaded configuration, of any form.
pub(crate) async fn configuration(request: Request, switches: &Switches) -> Result<Vec<ExactJson>, Refusal> {
    let (content_type, content) = content(request).await?;
    let is_zip = media_type(&content_type) == "application/zip"
        || (media_type(&content_type) != "application/json" && content.starts_with(b"PK"));
    if is_zip {
        return Ok(archive::read(&content, switches.stray_zip_members_are_ignored)?);
    }
    entities(&content).map_err(|message| Report::of_upload(message).into())
}

/// The entities of a JSON document: the elements of a list, or one object.
pub(crate) fn entities(content: &[u8]) -> Result<Vec<ExactJson>, String> {
    parse(content)?.into_elements().map_err(|error| error.to_string())
}

/// A JSON body; anything else is a 400.
pub(crate) async fn json(request: Request) -> Result<ExactJson, Problem> {
    parse(&bytes(request).await?).map_err(Problem::bad_request)
}

/// A raw body.
pub(crate) async fn bytes(request: Request) -> Result<Bytes, Problem> {
    Bytes::from_request(request, &())
        .await
        .map_err(|rejection| Problem::new(rejection.status(), "The request body could not be read."))
}

/// Parses without quoting the text in the error: bodies hold secrets.
fn parse(content: &[u8]) -> Result<ExactJson, String> {
    let text = std::str::from_utf8(content)
        .map_err(|error| format!("The document is no UTF-8 at byte {}.", error.valid_up_to()))?;
    ExactJson::parse(text).map_err(|error| {
        let reason = if error.is_eof() { "ends too early" } else { "is malformed JSON" };
        format!("The document {reason} at line {}, column {}.", error.line(), error.column())
    })
}

/// The content of an upload with its own content type.
async fn content(request: Request) -> Result<(String, Bytes), Problem> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    if media_type(&content_type) != "multipart/form-data" {
        return Ok((content_type, bytes(request).await?));
    }
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| Problem::bad_request("The multipart form names no boundary."))?;
    while let Some(part) = form.next_field().await.map_err(unreadable_form)? {
        if part.name() == Some("file") {
            let content_type = part.content_type().unwrap_or_default().to_owned();
            return Ok((content_type, part.bytes().await.map_err(unreadable_form)?));
        }
    }
    Err(Problem::bad_request("The multipart form has no part named 'file'."))
}

fn unreadable_form(error: MultipartError) -> Problem {
    let status = error.status();
    let detail = if status == StatusCode::PAYLOAD_TOO_LARGE {
        "The multipart form is too large."
    } else {
        "The multipart form is malformed."
    };
    Problem::new(status, detail)
}

fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
