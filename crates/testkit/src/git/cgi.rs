//! Git's `http-backend` as a CGI program (RFC 3875).

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::process::Stdio;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use tokio::process::Command;

/// A request as the backend needs it. `path` is the part below the folder of all repositories.
#[derive(Debug)]
pub(super) struct CgiRequest<'a> {
    pub(super) root: &'a Path,
    pub(super) path: &'a str,
    pub(super) user: &'a str,
    pub(super) method: Method,
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: Bytes,
}

/// Runs the backend; a backend that cannot run is the host's own failure, answered with 500 and the reason.
pub(super) async fn run(request: CgiRequest<'_>) -> Response<Body> {
    match output(request).await {
        Ok(output) => parse(&output).unwrap_or_else(|| failed("git http-backend gave no headers")),
        Err(error) => failed(&format!("git http-backend cannot be run: {error}")),
    }
}

async fn output(request: CgiRequest<'_>) -> std::io::Result<Vec<u8>> {
    let header =
        |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let child = Command::new("git")
        .arg("http-backend")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("LC_ALL", "C")
        .env("GIT_PROJECT_ROOT", request.root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", request.path)
        .env("QUERY_STRING", request.uri.query().unwrap_or_default())
        .env("REQUEST_METHOD", request.method.as_str())
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("REMOTE_USER", request.user)
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::from(file_of(&request.body)?))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(child.wait_with_output().await?.stdout)
}

/// A body as a file. The backend waits for ever, and busily, for the rest of a pipe that breaks off, as it does when a test ends.
fn file_of(body: &[u8]) -> std::io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(body)?;
    file.rewind()?;
    Ok(file)
}

fn parse(output: &[u8]) -> Option<Response<Body>> {
    let (end, gap) = [&b"\r\n\r\n"[..], b"\n\n"]
        .into_iter()
        .find_map(|gap| Some((output.windows(gap.len()).position(|window| window == gap)?, gap.len())))?;
    let head = std::str::from_utf8(&output[..end]).ok()?;
    let mut response = Response::builder();
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        response = if name.eq_ignore_ascii_case("status") {
            response.status(value.split(' ').next()?.parse::<u16>().ok()?)
        } else {
            response.header(name, value)
        };
    }
    response.body(Body::from(output[end + gap..].to_vec())).ok()
}

fn failed(reason: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(reason.to_owned()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
