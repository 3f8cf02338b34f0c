//! A proxy of ours before a server of others: its log and its faults are those of [`crate::server`].

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use reqwest::{Certificate, Client};

#[derive(Debug, Clone)]
struct Target {
    address: String,
    client: Client,
    /// Whether the server sees the host that our client named.
    keeps_host: bool,
}

/// Routes that send every request on to a server at `http://host:port` and its answer back. Redirects are passed on as they are.
///
/// # Panics
/// When no HTTP client can be made.
pub fn forward(address: &str) -> Router {
    routes(address, false, &[])
}

/// As [`forward`], to a server at `https://host:port` whose certificates are those of an authority.
///
/// # Panics
/// When no HTTP client can be made, or the authority is no certificate in PEM.
pub fn over_tls(address: &str, authority: &[u8]) -> Router {
    routes(address, false, &[Certificate::from_pem(authority).expect("a certificate in PEM")])
}

/// As [`forward`], for requests whose signature includes the host.
///
/// # Panics
/// When no HTTP client can be made.
pub fn same_host(address: &str) -> Router {
    routes(address, true, &[])
}

fn routes(address: &str, keeps_host: bool, authorities: &[Certificate]) -> Router {
    let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let client = client.tls_certs_only(authorities.iter().cloned()).build();
    let client = client.expect("its certificates are those of the authority alone");
    let target = Target { address: address.to_owned(), client, keeps_host };
    Router::new().fallback(send).with_state(target)
}

async fn send(State(target): State<Target>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    match exchange(&target, head, body).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, error.without_url().to_string()).into_response(),
    }
}

async fn exchange(
    target: &Target,
    head: axum::http::request::Parts,
    body: Bytes,
) -> Result<Response, reqwest::Error> {
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = head.headers;
    // They are of the connection to us; the client sets those of its own.
    if !target.keeps_host {
        headers.remove("host");
    }
    for name in ["connection", "content-length", "transfer-encoding"] {
        headers.remove(name);
    }
    let request = target.client.request(head.method, format!("{}{path}", target.address));
    let answer = request.headers(headers).body(body).send().await?;
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove("transfer-encoding");
    headers.remove("connection");
    let mut response = Response::new(Body::from(answer.bytes().await?));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}
