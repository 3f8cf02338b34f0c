//! Request bodies: JSON, and configuration as JSON, zip or a multipart form with the part `file`.

use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};

use crate::archive;
use crate::config::issue::Report;
use crate::exact::{ExactJson, text_of};
use crate::problem::Problem;
use crate::response::Refusal;
use crate::switches::Switches;

/// The largest request body, in bytes.
pub(crate) const LIMIT: usize = 256 * 1024 * 1024;

/// The entities of an uploaded configuration.
pub(crate) async fn configuration(request: Request, switches: &Switches) -> Result<Vec<ExactJson>, Refusal> {
    let (content_type, content) = content(request).await?;
    let is_zip = media_type(&content_type) == "application/zip"
        || (media_type(&content_type) != "application/json" && content.starts_with(b"PK"));
    if is_zip {
        return Ok(archive::read(&content, switches.stray_zip_members_are_ignored)?);
    }
    ExactJson::parse_elements(&content)
        .map_err(|message| Report::of_upload(format!("The document {message}.")).into())
}

/// A JSON body. Any other body is a 400.
pub(crate) async fn json(request: Request) -> Result<ExactJson, Problem> {
    let content = bytes(request).await?;
    let parsed = text_of(&content).and_then(ExactJson::parse);
    parsed.map_err(|message| Problem::bad_request(format!("The document {message}.")))
}

/// A raw body.
pub(crate) async fn bytes(request: Request) -> Result<Bytes, Problem> {
    Bytes::from_request(request, &())
        .await
        .map_err(|rejection| Problem::new(rejection.status(), "The request body could not be read."))
}

/// The content of an upload and its content type.
async fn content(request: Request) -> Result<(String, Bytes), Problem> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    if media_type(&content_type) != "multipart/form-data" {
        return Ok((content_type, bytes(request).await?));
    }
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| Problem::bad_request("The multipart form has no boundary."))?;
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
