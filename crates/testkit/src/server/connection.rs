//! One connection: TLS, requests, faults, and cutting.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, HOST};
use hyper::http::request::Parts;
use hyper::http::response;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::faults::{Action, Answer, Cut, Faults, Moment};
use super::log::{Open, RequestLog};
use super::rule::Seen;

/// Scheme and authority under which a request came in, such as `https://127.0.0.1:4711`; in the extensions of
/// every request, for handlers that answer with addresses of their own.
#[derive(Debug, Clone)]
pub struct Origin(pub String);

/// What all connections of a server share.
pub(super) struct Shared {
    pub(super) router: Router,
    pub(super) log: RequestLog,
    pub(super) faults: Faults,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) stop: CancellationToken,
    pub(super) arrivals: AtomicUsize,
}

/// Serves a connection until the client closes it, a fault cuts it, or the server stops.
pub(super) async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    match &shared.tls {
        None => serve_stream(stream, &shared).await,
        Some(acceptor) => {
            // A client that does not trust us ends here; that is its own matter to report.
            if let Ok(stream) = acceptor.accept(stream).await {
                serve_stream(stream, &shared).await;
            }
        }
    }
}

async fn serve_stream<S>(stream: S, shared: &Arc<Shared>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let cut = CancellationToken::new();
    let service = hyper::service::service_fn(|request| {
        let (shared, cut) = (Arc::clone(shared), cut.clone());
        async move { Ok::<_, Infallible>(handle(request, shared, cut).await) }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => {}
        () = cut.cancelled() => {}
        () = shared.stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

async fn handle(request: Request<Incoming>, shared: Arc<Shared>, cut: CancellationToken) -> Response<Body> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let sequence = shared.arrivals.fetch_add(1, Ordering::Relaxed);
    let seen = Seen { sequence, method: request.method().to_string(), path };
    let open = shared.log.begin(&seen.method, &seen.path);
    let actions = shared.faults.plan(&seen);

    for action in &actions {
        match action {
            Action::Delay(delay) => tokio::time::sleep(*delay).await,
            Action::Cut(Cut::BeforeBody) => return cut_now(&cut).await,
            _ => {}
        }
    }

    let (mut head, body) = request.into_parts();
    let limit = actions.iter().find_map(|action| match action {
        Action::Cut(Cut::InBody(bytes)) => Some(*bytes),
        _ => None,
    });
    let Some(body) = read(body, limit, &open).await else {
        return cut_now(&cut).await;
    };

    let scheme = if shared.tls.is_some() { "https" } else { "http" };
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
    let origin = Origin(format!("{scheme}://{host}"));
    head.extensions.insert(origin);

    // A task of its own: what has been read is applied even when the client goes away.
    let router = shared.router.clone();
    match tokio::spawn(apply((head, body), router, seen, actions, open)).await {
        Ok(Some(response)) => response,
        Ok(None) => cut_now(&cut).await,
        Err(_panicked) => status_only(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// Applies a request; `None` asks for the connection to be cut.
async fn apply(
    (head, body): (Parts, Bytes),
    router: Router,
    seen: Seen,
    actions: Vec<Action>,
    open: Open,
) -> Option<Response<Body>> {
    pause(&actions, Moment::BeforeApply, &seen).await;
    let answer = actions.iter().find_map(|action| match action {
        Action::Answer(answer) => Some(answer),
        _ => None,
    });
    let response = match answer {
        Some(answer) => given(answer),
        None => {
            let request = || Request::from_parts(head.clone(), Body::from(body.clone()));
            if actions.iter().any(|action| matches!(action, Action::Twice)) {
                let Ok(first) = router.clone().oneshot(request()).await;
                // Some handlers do their work while their answer is read.
                let _ = first.into_body().collect().await;
            }
            let Ok(response) = router.oneshot(request()).await;
            actions
                .iter()
                .find_map(|action| match action {
                    Action::Replace(answer) => Some(given(answer)),
                    _ => None,
                })
                .unwrap_or(response)
        }
    };
    let (head, body) = response.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes());
    pause(&actions, Moment::AfterApply, &seen).await;
    let cut = actions.iter().any(|action| matches!(action, Action::Cut(Cut::BeforeAnswer)));
    // A body that breaks off half-way is what a cut connection is, seen from the client.
    let body = body.ok().filter(|_| !cut)?;
    open.answered(head.status.as_u16(), body.len());
    if actions.iter().any(|action| matches!(action, Action::Cut(Cut::InAnswer))) {
        return (!body.is_empty()).then(|| broken_off(head, &body));
    }
    Some(Response::from_parts(head, Body::from(body)))
}

/// An answer whose body ends in the middle, with its whole length in the header.
fn broken_off(mut head: response::Parts, body: &Bytes) -> Response<Body> {
    head.headers.insert(CONTENT_LENGTH, body.len().into());
    let half = body.slice(..body.len() / 2);
    let parts = [Ok(half), Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))];
    Response::from_parts(head, Body::from_stream(futures::stream::iter(parts)))
}

async fn pause(actions: &[Action], now: Moment, seen: &Seen) {
    for action in actions {
        match action {
            Action::Hold { moment, arrivals, released } if *moment == now => {
                // Nobody listening means the test has let go already.
                let _ = arrivals.send(seen.clone());
                let _ = released.clone().wait_for(|released| *released).await;
            }
            Action::Call { moment, callback } if *moment == now => {
                let (callback, seen) = (Arc::clone(callback), seen.clone());
                let called = tokio::task::spawn_blocking(move || callback(&seen)).await;
                called.expect("the test's own callback does not panic");
            }
            _ => {}
        }
    }
}

/// Reads the whole body, or `None` when the client broke off or the limit of a cut was reached.
async fn read(mut body: Incoming, limit: Option<usize>, open: &Open) -> Option<Bytes> {
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.ok()?.into_data() {
            read.extend_from_slice(&data);
        }
        open.partial_body(read.len());
        if limit.is_some_and(|limit| read.len() >= limit) {
            return None;
        }
    }
    open.body(&read);
    if limit.is_some() { None } else { Some(read.freeze()) }
}

fn given(answer: &Answer) -> Response<Body> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body.clone())).expect("the test's own status and headers are valid")
}

fn status_only(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Never answers: cancelling drops the connection, and this future with it.
async fn cut_now(cut: &CancellationToken) -> Response<Body> {
    cut.cancel();
    std::future::pending().await
}
