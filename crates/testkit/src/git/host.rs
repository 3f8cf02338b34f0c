//! The host: repositories below `/git`, behind basic authentication.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use axum::routing::any;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tempfile::TempDir;

use super::cgi::{self, CgiRequest};
use super::repository::Repository;

/// A git host over smart HTTP; clones share its repositories and users.
#[derive(Debug, Clone)]
pub struct GitHost {
    root: PathBuf,
    tokens: Arc<Mutex<Vec<String>>>,
    _own: Option<Arc<TempDir>>,
}

impl GitHost {
    /// A host without repositories, in a temporary folder that goes with it.
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("testkit-git-").expect("the temporary folder is writable");
        let host = Self::at(folder.path().to_owned());
        Self { _own: Some(Arc::new(folder)), ..host }
    }

    /// A host without repositories in a folder of the caller's.
    pub fn at(root: PathBuf) -> Self {
        std::fs::create_dir_all(&root).expect("the host's folder can be made");
        Self { root, tokens: Arc::default(), _own: None }
    }

    /// The routes: each repository at `/git/<name>.git`. They do not keep the host's folder: a server may outlive the test for a moment,
    /// and would leave it behind.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/git/{*path}", any(answer))
            .layer(DefaultBodyLimit::disable())
            .with_state(Self { _own: None, ..self.clone() })
    }

    /// Accepts a token as the password of any user, as hosted git services do. Without one, nobody gets in.
    pub fn accept_token(&self, token: &str) {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).push(token.to_owned());
    }

    /// Accepts no longer a token, as after its end.
    pub fn refuse_token(&self, token: &str) {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).retain(|accepted| accepted != token);
    }

    /// Makes a repository with one commit on a branch.
    pub fn create(&self, name: &str, branch: &str, files: &BTreeMap<String, Vec<u8>>) -> Repository {
        let repository = self.create_empty(name, branch);
        repository.commit(branch, "Start", files);
        repository
    }

    /// Creates a repository without commits, and with this name for its first branch.
    pub fn create_empty(&self, name: &str, branch: &str) -> Repository {
        Repository::create(self.root.join(format!("{name}.git")), branch)
    }

    /// A repository that was made before.
    pub fn open(&self, name: &str) -> Repository {
        Repository::at(self.root.join(format!("{name}.git")))
    }

    /// The path of a repository below the server's address, such as `/git/extra.git`.
    pub fn path(&self, name: &str) -> String {
        format!("/git/{name}.git")
    }

    /// The folder of all repositories.
    pub fn root(&self) -> &std::path::Path {
        &self.root
    }

    /// The user of a request whose password is an accepted token.
    fn user(&self, headers: &HeaderMap) -> Option<String> {
        let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let decoded = BASE64_STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (user, password) = decoded.split_once(':')?;
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.iter().any(|token| token == password).then(|| user.to_owned())
    }
}

impl Default for GitHost {
    fn default() -> Self {
        Self::new()
    }
}

async fn answer(
    State(host): State<GitHost>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let Some(user) = host.user(&headers) else {
        let refusal = Response::builder()
            .status(StatusCode::UNAUTHORIZED)
            .header(WWW_AUTHENTICATE, "Basic realm=\"git\"");
        return refusal.body(Body::from("Authentication required")).expect("both headers are valid");
    };
    let path = uri.path().trim_start_matches("/git");
    let request =
        CgiRequest { root: &host.root, path, user: &user, method, uri: &uri, headers: &headers, body };
    cgi::run(request).await
}
