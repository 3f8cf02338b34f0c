//! Health, mounts, capabilities, and what a token does with itself.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::VaultAnswer;
use super::state::State;

/// Answers without a token, also when sealed.
pub(super) fn health(state: &State) -> VaultAnswer {
    let status = if state.sealed { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let body = json!({
        "initialized": true, "sealed": state.sealed, "standby": false, "performance_standby": false,
        "replication_performance_mode": "disabled", "replication_dr_mode": "disabled",
        "server_time_utc": 1_767_225_600, "version": "1.21.0", "enterprise": false,
        "cluster_name": "vault-cluster-testkit", "cluster_id": "0b9a0f7e-0000-4000-8000-000000000001",
        "echo_duration_ms": 0, "clock_skew_ms": 0,
    });
    VaultAnswer::bare(status, body)
}

/// The mount that a path lies in. Vault refuses an unknown path in the same words as a forbidden one.
pub(super) fn mount_of(state: &State, path: &str) -> VaultAnswer {
    let path = path.trim_end_matches('/');
    match state.engine_of(path) {
        Some((mount, engine, _)) if !state.denies(path) => VaultAnswer::data(json!({
            "accessor": "kv_2b3c4d5e", "config": { "default_lease_ttl": 0, "max_lease_ttl": 0, "force_no_cache": false },
            "description": "", "external_entropy_access": false, "local": false,
            "options": { "version": engine.version() }, "path": format!("{mount}/"), "plugin_version": "",
            "running_plugin_version": "v0.25.0+builtin", "seal_wrap": false, "type": "kv",
            "uuid": "0b9a0f7e-0000-4000-8000-000000000002",
        })),
        _ => {
            let text = format!(
                "preflight capability check returned 403, please ensure client's policies grant access to path \"{path}/\""
            );
            VaultAnswer::error(StatusCode::FORBIDDEN, &[&text])
        }
    }
}

/// What the token may do at each path: by path, and for a single path once more as a plain list.
pub(super) fn capabilities(state: &State, body: &Value) -> VaultAnswer {
    let Some(paths) = body.get("paths").and_then(Value::as_array) else {
        return VaultAnswer::invalid("paths must be supplied");
    };
    let mut by_path: Map<String, Value> = paths
        .iter()
        .filter_map(Value::as_str)
        .map(|path| {
            let allowed = if state.denies(path) { json!(["deny"]) } else { json!(["list", "read"]) };
            (path.to_owned(), allowed)
        })
        .collect();
    if let (1, Some(only)) = (by_path.len(), by_path.values().next().cloned()) {
        by_path.insert("capabilities".to_owned(), only);
    }
    let mut fields = by_path.clone();
    fields.insert("data".to_owned(), Value::Object(by_path));
    VaultAnswer::envelope(StatusCode::OK, Value::Object(fields))
}

/// Renews the token of the request, for as long as it asks.
pub(super) fn renew(state: &State, token: &str, body: &Value) -> VaultAnswer {
    let increment =
        body.get("increment").and_then(Value::as_str).and_then(|text| text.strip_suffix('s')?.parse().ok());
    state.tokens.renew(token, increment).map_or_else(VaultAnswer::invalid, VaultAnswer::auth)
}

/// Revokes the token of the request.
pub(super) fn revoke(state: &mut State, token: &str) -> VaultAnswer {
    state.tokens.revoke(token).map_or_else(VaultAnswer::invalid, |()| VaultAnswer::nothing())
}
