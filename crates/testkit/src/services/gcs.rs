//! fake-gcs-server, built from its Go module, which has Google's JSON API alone, behind a translator of the XML API.

use std::process::Command;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::go;
use crate::process::{Daemon, free_port};

const PACKAGE: &str = "github.com/fsouza/fake-gcs-server@v1.56.1";

/// The header with the generation of an object.
const GENERATION: &str = "x-goog-generation";

/// A running server that accepts any token. Dropping it ends it.
#[derive(Debug)]
pub struct GcsServer {
    _daemon: Daemon,
    _folder: TempDir,
    upstream: Upstream,
}

/// The server behind the translator.
#[derive(Debug, Clone)]
struct Upstream {
    client: Client,
    url: String,
}

impl GcsServer {
    /// How many names a page of a list has.
    pub const PAGE: usize = 50;

    /// Builds the program where that has not been done, and starts it with buckets; the error says why that is not possible here.
    pub async fn start(buckets: &[&str]) -> Result<Self, String> {
        let program = go::program(PACKAGE)?;
        let folder = TempDir::with_prefix("testkit-gcs-").map_err(|error| error.to_string())?;
        let port = free_port().map_err(|error| error.to_string())?.to_string();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(program);
        command.current_dir(folder.path()).args(["-scheme", "http", "-host", "127.0.0.1", "-port", &port]);
        command.args(["-backend", "memory", "-public-host", &address]);
        let number = port.parse().map_err(|_| "the port is not a number".to_owned())?;
        let daemon = Daemon::start(command, number, &folder.path().join("log"))?;
        let client = Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
        let upstream = Upstream { client, url: format!("http://{address}") };
        for bucket in buckets {
            let create = upstream.client.post(format!("{}/storage/v1/b?project=test", upstream.url));
            let answer =
                create.json(&json!({ "name": bucket })).send().await.map_err(|error| error.to_string())?;
            answer.error_for_status().map_err(|error| error.to_string())?;
        }
        Ok(Self { _daemon: daemon, _folder: folder, upstream })
    }

    /// Routes of the XML API, as far as objects are read, written under a condition, listed and deleted
    /// (<https://cloud.google.com/storage/docs/xml-api/overview>).
    pub fn router(&self) -> Router {
        Router::new().fallback(translate).with_state(self.upstream.clone())
    }
}

async fn translate(State(upstream): State<Upstream>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else { return answer(400, Vec::new()) };
    let path = percent_decode_str(head.uri.path().trim_start_matches('/')).decode_utf8_lossy().into_owned();
    let translated = match (&head.method, path.split_once('/')) {
        (&Method::GET, None) => upstream.list(&path, head.uri.query().unwrap_or_default()).await,
        (&Method::GET, Some((bucket, object))) => upstream.read(bucket, object).await,
        (&Method::PUT, Some((bucket, object))) => upstream.write(bucket, object, &head.headers, body).await,
        (&Method::DELETE, Some((bucket, object))) => upstream.delete(bucket, object).await,
        _ => Ok(answer(405, Vec::new())),
    };
    translated.unwrap_or_else(|error| answer(502, error.without_url().to_string()))
}

impl Upstream {
    fn object(&self, bucket: &str, object: &str) -> String {
        format!("{}/storage/v1/b/{bucket}/o/{}", self.url, encoded(object))
    }

    async fn list(&self, bucket: &str, query: &str) -> reqwest::Result<Response> {
        let mut url = format!("{}/storage/v1/b/{bucket}/o?maxResults={}", self.url, GcsServer::PAGE);
        for (xml, json) in
            [("prefix", "prefix"), ("delimiter", "delimiter"), ("continuation-token", "pageToken")]
        {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(xml)?.strip_prefix('='));
            url.push_str(&value.map(|value| format!("&{json}={value}")).unwrap_or_default());
        }
        let listed = self.client.get(url).send().await?;
        if listed.status() == StatusCode::NOT_FOUND {
            return Ok(failure(404, "NoSuchBucket"));
        }
        let listed: Value = listed.error_for_status()?.json().await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let content = |item: &Value| {
            let [name, size, updated, etag] = ["name", "size", "updated", "etag"].map(|key| text(&item[key]));
            format!(
                "<Contents><Key>{name}</Key><Size>{size}</Size><LastModified>{updated}</LastModified>\
                 <ETag>\"{etag}\"</ETag></Contents>"
            )
        };
        let contents: String = listed["items"].as_array().into_iter().flatten().map(content).collect();
        let next = match text(&listed["nextPageToken"]) {
            token if token.is_empty() => String::new(),
            token => format!("<NextContinuationToken>{token}</NextContinuationToken>"),
        };
        Ok(answer(200, format!("<ListBucketResult>{contents}{next}</ListBucketResult>")))
    }

    async fn read(&self, bucket: &str, object: &str) -> reqwest::Result<Response> {
        let read = self.client.get(format!("{}?alt=media", self.object(bucket, object))).send().await?;
        if read.status() == StatusCode::NOT_FOUND {
            return self.absent(bucket).await;
        }
        let headers = read.headers().clone();
        let mut response = answer(read.status().as_u16(), read.bytes().await?);
        for name in [GENERATION, "etag", "last-modified", "content-type"] {
            if let Some(value) = headers.get(name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        Ok(response)
    }

    async fn write(
        &self,
        bucket: &str,
        object: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> reqwest::Result<Response> {
        let generation = headers.get("x-goog-if-generation-match").and_then(|value| value.to_str().ok());
        let condition = generation.map(|it| format!("&ifGenerationMatch={it}")).unwrap_or_default();
        let name = encoded(object);
        let url =
            format!("{}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}{condition}", self.url);
        let written = self.client.post(url).body(body).send().await?;
        match written.status().as_u16() {
            404 => return self.absent(bucket).await,
            412 => return Ok(failure(412, "PreconditionFailed")),
            _ => {}
        }
        let written: Value = written.error_for_status()?.json().await?;
        let etag = format!("\"{}\"", written["etag"].as_str().unwrap_or_default());
        let mut response = answer(200, Vec::new());
        let values =
            [("etag", etag.as_str()), (GENERATION, written["generation"].as_str().unwrap_or_default())];
        for (name, value) in values {
            let value = value.parse().expect("an ETag and a number can be headers");
            response.headers_mut().insert(name, value);
        }
        Ok(response)
    }

    async fn delete(&self, bucket: &str, object: &str) -> reqwest::Result<Response> {
        let deleted = self.client.delete(self.object(bucket, object)).send().await?;
        match deleted.status() {
            StatusCode::NOT_FOUND => self.absent(bucket).await,
            _ => deleted.error_for_status().map(|_| answer(204, Vec::new())),
        }
    }

    /// The answer for an object that does not exist, maybe because its bucket does not.
    async fn absent(&self, bucket: &str) -> reqwest::Result<Response> {
        let found = self.client.get(format!("{}/storage/v1/b/{bucket}", self.url)).send().await?;
        Ok(failure(404, if found.status().is_success() { "NoSuchKey" } else { "NoSuchBucket" }))
    }
}

fn encoded(object: &str) -> String {
    utf8_percent_encode(object, NON_ALPHANUMERIC).to_string()
}

fn failure(status: u16, code: &str) -> Response {
    answer(status, format!("<?xml version='1.0'?><Error><Code>{code}</Code></Error>"))
}

fn answer(status: u16, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    response
}
