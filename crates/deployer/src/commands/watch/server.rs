//! The pages, hooks and metrics of a watching process.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use deployer_core::plugin::blocking;
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_watch::Sender;
use tokio::net::TcpListener;

use crate::output::watch;
use crate::session::Session;
use crate::settings::HookSection;
use crate::watching::{Board, Boards, Content};

/// The largest body of a request.
const LARGEST: usize = 1024 * 1024;

/// The headers of every answer that does not set them itself.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

/// What the routes share.
struct Server {
    boards: Boards,
    token: Option<SecretValue>,
    /// The user `watch` with the token as password.
    login: Option<SecretValue>,
    hooks: BTreeMap<String, (Sender, SecretValue)>,
}

/// Starts the server, which ends with the process. Returns its address.
pub(super) async fn start(session: &Session<'_>, boards: &Boards) -> Result<SocketAddr> {
    let settings = session.settings.keys.watch.clone();
    let context = session.context.clone();
    let resolve = move || {
        let token = settings.token.as_ref().map(|token| token.resolve(&context)).transpose()?;
        let hook = |(name, hook): (String, HookSection)| {
            let secret = hook.secret.resolve(&context);
            let secret = secret.map_err(|error| error.context(format_args!("[watch.hooks.{name}]")))?;
            Ok((name, (hook.kind, secret)))
        };
        let hooks = settings.hooks.into_iter().map(hook).collect::<Result<_>>()?;
        Ok((token, hooks))
    };
    let (token, hooks): (Option<SecretValue>, _) =
        blocking("read the credentials of [watch]", resolve).await?;
    let listen = session.settings.keys.watch.listen.clone();
    let unusable = |error: std::io::Error| {
        Error::new(Kind::Settings, format!("listen on {listen}"))
            .with_cause(error)
            .with_hint("set `listen` in [watch] to an address and a port that are free")
    };
    let listener = TcpListener::bind(&listen).await.map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    let login = token.as_ref().map(login);
    let server = Arc::new(Server { boards: boards.clone(), token, login, hooks });
    let router = Router::new()
        .route("/", get(page))
        .route("/status", get(status))
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/trigger", post(trigger))
        .route("/approve", post(approve))
        .route("/hooks/{name}", post(hook))
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(map_response(harden))
        .with_state(server);
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!("the pages of the watch ended: {error}");
        }
    });
    Ok(address)
}

impl Server {
    /// Whether a request has the token: as a bearer token, or as the password that a browser asks for.
    fn is_known(&self, headers: &HeaderMap) -> bool {
        let is = |sender, secret: &Option<SecretValue>| {
            secret.as_ref().is_some_and(|secret| is_genuine(sender, secret, headers, &[]))
        };
        is(Sender::Plain, &self.token) || is(Sender::AzureDevOps, &self.login)
    }

    /// The refusal of a page, if it asks for a token that is not shown.
    fn refuse_reader(&self, headers: &HeaderMap) -> Option<Response> {
        (self.token.is_some() && !self.is_known(headers)).then(refused)
    }
}

async fn harden(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

#[expect(clippy::disallowed_methods, reason = "the token is the password of a user")]
fn login(token: &SecretValue) -> SecretValue {
    SecretValue::new(format!("watch:{}", token.expose()))
}

fn refused() -> Response {
    let ask = [(header::WWW_AUTHENTICATE, "Basic realm=\"sesam-deployer\"")];
    (StatusCode::UNAUTHORIZED, ask, "unauthorized\n").into_response()
}

#[expect(clippy::disallowed_methods, reason = "what a sender sends is compared with the secret")]
fn is_genuine(sender: Sender, secret: &SecretValue, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = headers.get(sender.header());
    header.is_some_and(|header| sender.is_genuine(secret.expose().as_bytes(), header.as_bytes(), body))
}

/// Reloads itself without a script, unless the query says `still`.
async fn page(State(server): State<Arc<Server>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if let Some(refused) = server.refuse_reader(&headers) {
        return refused;
    }
    let reloads = query.as_deref() != Some("still");
    let policy = [(header::CONTENT_SECURITY_POLICY, watch::policy())];
    let page = (policy, Html(watch::page(&server.boards.contents(), reloads)));
    if reloads { ([(header::REFRESH, "30")], page).into_response() } else { page.into_response() }
}

async fn status(State(server): State<Arc<Server>>, headers: HeaderMap) -> Response {
    if let Some(refused) = server.refuse_reader(&headers) {
        return refused;
    }
    let document = format!("{:#}\n", watch::document(&server.boards.contents()));
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}

async fn metrics(State(server): State<Arc<Server>>, headers: HeaderMap) -> Response {
    if let Some(refused) = server.refuse_reader(&headers) {
        return refused;
    }
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], watch::metrics(&server.boards.contents())).into_response()
}

/// Ready once the source of each deployment was read or could not be read, and one could be.
async fn ready(State(server): State<Arc<Server>>) -> Response {
    let contents = server.boards.contents();
    let is_ready = |content: &Content| content.is_ready();
    if contents.iter().all(|it| it.is_settled || it.is_ready()) && contents.iter().any(is_ready) {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, "the source was not read yet\n").into_response()
}

async fn trigger(
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    if !server.is_known(&headers) {
        return refused();
    }
    server.trigger(query.as_deref())
}

/// The body names the plan. Any other plan stays held.
async fn approve(State(server): State<Arc<Server>>, headers: HeaderMap, body: String) -> Response {
    if !server.is_known(&headers) {
        return refused();
    }
    let plan = body.trim();
    let all = server.boards.all();
    let holders: Vec<&Board> = all.values().filter(|board| board.lock().plan() == Some(plan)).collect();
    if holders.is_empty() {
        return (StatusCode::CONFLICT, "this plan is not held\n").into_response();
    }
    holders.into_iter().for_each(|board| board.ask(|content| content.approved = Some(plan.to_owned())));
    accepted()
}

/// An unknown name and a wrong signature have the same answer.
async fn hook(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match server.hooks.get(&name) {
        Some((sender, secret)) if is_genuine(*sender, secret, &headers, &body) => {
            server.trigger(query.as_deref())
        }
        _ => refused(),
    }
}

impl Server {
    /// Triggers the deployment that the query `deployment=NAME` names, or all.
    fn trigger(&self, query: Option<&str>) -> Response {
        let mut pairs = query.unwrap_or_default().split('&');
        let name = pairs.find_map(|pair| pair.strip_prefix("deployment="));
        let chosen = match name {
            None => self.boards.all().into_values().collect(),
            Some(name) => Vec::from_iter(self.boards.get(name)),
        };
        if chosen.is_empty() {
            return (StatusCode::NOT_FOUND, "unknown deployment\n").into_response();
        }
        chosen.iter().for_each(|board| board.ask(|content| content.is_triggered = true));
        accepted()
    }
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, "accepted\n").into_response()
}
