//! From a request to an answer.

use axum::Router;
use axum::extract::State as Held;
use axum::http::{HeaderMap, Method, Uri};
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::KubernetesAnswer;
use super::fake::{Data, FakeKubernetes, State};
use crate::server::matches;

impl FakeKubernetes {
    /// The routes of the API server.
    pub fn router(&self) -> Router {
        Router::new().route("/{*path}", any(answer)).with_state(self.clone())
    }
}

async fn answer(
    Held(kubernetes): Held<FakeKubernetes>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> KubernetesAnswer {
    let state = kubernetes.lock();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let token = header("authorization").map(|value| value.strip_prefix("Bearer ").unwrap_or_default());
    let known = match token {
        Some(token) => state.tokens.iter().any(|known| known == token),
        None => state.certificates,
    };
    if !known {
        return KubernetesAnswer::unauthorized();
    }
    let steps: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    match (method.as_str(), steps.as_slice()) {
        ("GET", ["api", "v1", "namespaces", namespace, "secrets"]) => {
            let names_alone =
                header("accept").is_some_and(|accept| accept.contains("as=PartialObjectMetadataList"));
            list(&state, namespace, uri.query().unwrap_or_default(), names_alone)
        }
        ("GET", ["api", "v1", "namespaces", namespace, "secrets", name]) => {
            if state.forbidden.iter().any(|pattern| matches(pattern, name)) {
                return KubernetesAnswer::forbidden("get", namespace, Some(name));
            }
            match state.secrets.get(&((*namespace).to_owned(), (*name).to_owned())) {
                Some(data) => KubernetesAnswer::data(secret(namespace, name, data)),
                None => KubernetesAnswer::missing(name),
            }
        }
        _ => KubernetesAnswer::unknown(),
    }
}

fn metadata(namespace: &str, name: &str) -> Value {
    json!({ "name": name, "namespace": namespace, "uid": "0b9a0f7e-0000-4000-8000-0000000000aa", "resourceVersion": "1" })
}

fn secret(namespace: &str, name: &str, data: &Data) -> Value {
    let data: serde_json::Map<String, Value> =
        data.iter().map(|(key, value)| (key.clone(), STANDARD.encode(value).into())).collect();
    json!({
        "kind": "Secret", "apiVersion": "v1", "metadata": metadata(namespace, name), "data": data, "type": "Opaque",
    })
}

/// A page of the list, and the token of the next one.
fn list(state: &State, namespace: &str, query: &str, names_alone: bool) -> KubernetesAnswer {
    if state.lists_forbidden {
        return KubernetesAnswer::forbidden("list", namespace, None);
    }
    let number = |name: &str| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value.and_then(|value| value.parse::<usize>().ok())
    };
    let (start, limit) = (number("continue").unwrap_or(0), number("limit").unwrap_or(usize::MAX));
    let here: Vec<_> = state.secrets.iter().filter(|((place, _), _)| place == namespace).collect();
    let item = |((_, name), data): &(&(String, String), &Data)| match names_alone {
        true => json!({
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata(namespace, name),
        }),
        false => secret(namespace, name, data),
    };
    let items: Vec<Value> = here.iter().skip(start).take(limit).map(item).collect();
    let next = start + items.len();
    let mut list_metadata = json!({ "resourceVersion": "1" });
    if next < here.len() {
        list_metadata["continue"] = next.to_string().into();
    }
    let (kind, version) =
        if names_alone { ("PartialObjectMetadataList", "meta.k8s.io/v1") } else { ("SecretList", "v1") };
    KubernetesAnswer::data(json!({
        "kind": kind, "apiVersion": version, "metadata": list_metadata, "items": items,
    }))
}
