//! Creating and replacing single entities.

use axum::extract::Request;
use axum::http::StatusCode;
use deployer_core::document::Node;
use serde_json::Value;

use crate::body;
use crate::config::issue::{EntityReport, Issue, Report};
use crate::config::kinds::EntityKind;
use crate::exact::ExactJson;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::response::{HandlerResult, Refusal, json};
use crate::shared::{Shared, now};
use crate::upload::{self, Scope, Upload};

/// One entity as posted.
pub(super) fn original(node: &Shared, kind: EntityKind, id: &str) -> HandlerResult {
    let contents = node.read();
    let (entity, _) = contents.entity(kind, id).ok_or_else(|| Problem::not_found(kind.name(), id))?;
    json(&entity.body)
}

/// Adds posted entities of one kind and returns their ids.
pub(super) async fn create(
    node: &Shared,
    kind: EntityKind,
    parameters: &Parameters,
    request: Request,
) -> Result<Vec<String>, Refusal> {
    let force = parameters.flag("force", false)?;
    let posted = ExactJson::parse_elements(&body::bytes(request).await?);
    let posted = posted.map_err(|message| Problem::bad_request(format!("The document {message}.")))?;
    require_kind(kind, &posted)?;
    let ids: Vec<String> = posted.iter().filter_map(id_of).collect();
    node.change(|contents| {
        if let Some(id) = ids.iter().find(|id| contents.stored.entities.contains_key(*id)) {
            let detail = format!("The {} '{id}' already exists!", kind.name());
            return Err(Problem::new(StatusCode::CONFLICT, detail).into());
        }
        let upload = Upload { scope: Scope::Entities, posted, force, now: &now() };
        upload::apply(contents, upload, &node.rules)?;
        Ok::<_, Refusal>(())
    })?;
    Ok(ids)
}

/// Replaces the configuration of one entity.
pub(super) async fn modify(
    node: &Shared,
    kind: EntityKind,
    id: &str,
    parameters: &Parameters,
    request: Request,
) -> Result<(), Refusal> {
    let force = parameters.flag("force", false)?;
    let posted = body::json(request).await?;
    if id_of(&posted).as_deref() != Some(id) {
        let message = format!("The '_id' is not '{id}', the id in the address.");
        return Err(Report::of(posted, Issue::error("$['_id']", message)).into());
    }
    require_kind(kind, std::slice::from_ref(&posted))?;
    node.change(|contents| {
        if contents.entity(kind, id).is_none() && !node.rules.switches.put_creates_missing {
            return Err(Problem::not_found(kind.name(), id).into());
        }
        let upload = Upload { scope: Scope::Entities, posted: vec![posted], force, now: &now() };
        upload::apply(contents, upload, &node.rules)?;
        Ok::<_, Refusal>(())
    })
}

fn id_of(entity: &ExactJson) -> Option<String> {
    entity.document().get("_id").and_then(Node::as_str).map(str::to_owned)
}

/// Rejects entities of another kind, also with force.
fn require_kind(kind: EntityKind, posted: &[ExactJson]) -> Result<(), Report> {
    let others = posted.iter().filter(|entity| EntityKind::of(&entity.document()) != kind);
    let reports: Vec<EntityReport> = others
        .map(|entity| {
            let value = entity.value();
            let found = value.get("type").unwrap_or(&Value::Null);
            let issue = Issue::error("$['type']", format!("{found} is not the type of a {}.", kind.name()));
            EntityReport::new(entity.clone(), vec![issue])
        })
        .collect();
    if reports.is_empty() { Ok(()) } else { Err(Report { validation_errors: reports }) }
}
