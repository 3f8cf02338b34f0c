//! The token review of Kubernetes' API
//! (<https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/>).

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Issuer;
use crate::server::Server;

const AUDIENCE: &str = "https://kubernetes.default.svc.cluster.local";

/// A cluster with one service account.
#[derive(Debug)]
pub struct KubernetesApi {
    server: Server,
    token: String,
}

impl KubernetesApi {
    /// The namespace of the service account.
    pub const NAMESPACE: &str = "integration";
    /// The name of the service account.
    pub const ACCOUNT: &str = "deployer";
    const UID: &str = "0b9a0f7e-0000-4000-8000-0000000000aa";

    /// Serves the review, which knows one token and no other.
    pub fn start() -> Self {
        let issuer = Issuer::start();
        let token = issuer.token(json!({
            "iss": AUDIENCE,
            "aud": [AUDIENCE],
            "sub": format!("system:serviceaccount:{}:{}", Self::NAMESPACE, Self::ACCOUNT),
            "kubernetes.io": {
                "namespace": Self::NAMESPACE,
                "serviceaccount": { "name": Self::ACCOUNT, "uid": Self::UID },
            },
        }));
        let review = Router::new().route("/apis/authentication.k8s.io/v1/tokenreviews", post(review));
        Self { server: Server::http(review.with_state(token.clone())), token }
    }

    /// The value for Vault's `kubernetes_host`.
    pub fn address(&self) -> String {
        self.server.url("")
    }

    /// The token of the service account.
    pub fn token(&self) -> &str {
        &self.token
    }
}

async fn review(State(known): State<String>, Json(asked): Json<Value>) -> Json<Value> {
    let status = if asked["spec"]["token"] == known.as_str() {
        let account =
            format!("system:serviceaccount:{}:{}", KubernetesApi::NAMESPACE, KubernetesApi::ACCOUNT);
        json!({
            "authenticated": true, "audiences": [AUDIENCE],
            "user": { "username": account, "uid": KubernetesApi::UID, "groups": ["system:serviceaccounts"] },
        })
    } else {
        json!({ "authenticated": false, "error": "the token is not known" })
    };
    Json(json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status }))
}
