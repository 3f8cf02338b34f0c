//! `check`

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;

use deployer_core::Result;
use deployer_core::model::{EntityKind, SecretName};
use deployer_engine::run::{Checked, FoundSecret};
use serde_json::json;

use crate::cli::Check;
use crate::exit::Exit;
use crate::output::{count, json, table};
use crate::session::{Scope, Session};

pub(crate) async fn run(session: &Session<'_>, arguments: &Check) -> Result<Exit> {
    session.check_all_environments()?;
    let scope = if arguments.resolve { Scope::Stores } else { Scope::Source };
    let (deployment, _) = session.deployment(scope).await?;
    let checked = if arguments.resolve {
        deployment.check_secrets(&session.runner).await
    } else {
        deployment.check(&session.runner).await
    };
    session.finish(deployment.close(&session.runner).await);
    // The program ends with this command: the trees of a large configuration are not freed one by one. They have no secret value.
    let checked = ManuallyDrop::new(checked?);
    session.finish(checked.notes.clone());
    if session.output.is_json() {
        session.output.document(as_json(&checked));
    } else {
        session.output.result(&as_text(&checked, arguments.resolve));
    }
    Ok(Exit::Done)
}

fn as_text(checked: &Checked, resolved: bool) -> String {
    let mut text = String::new();
    for ((node, desired), uses) in checked.nodes.iter().zip(&checked.uses) {
        let of = |kind| desired.entities.iter().filter(|entity| entity.kind() == kind).count();
        text.push_str(&format!(
            "{node}: {}, {}, {}, {}\n",
            count(of(EntityKind::Pipe), "pipe"),
            count(of(EntityKind::System), "system"),
            count(uses.variables.len(), "variable"),
            count(uses.secrets.len(), "secret"),
        ));
    }
    if resolved && !checked.secrets.is_empty() {
        text.push_str(&format!("\n{}\n", found(&checked.secrets)));
    }
    text.push_str(match resolved {
        true => "No problem found. Every secret is in its store.\n",
        false => "No problem found. `check --resolve` also looks up every secret in its store.\n",
    });
    text
}

/// One line per secret and address: the store, the address, and the nodes that use the secret.
fn found(secrets: &[FoundSecret]) -> String {
    let mut rows: BTreeMap<(&SecretName, &str, &str), Vec<&str>> = BTreeMap::new();
    for secret in secrets {
        let row = (&secret.name, secret.store.as_str(), secret.address.as_str());
        rows.entry(row).or_default().push(secret.node.as_str());
    }
    let rows = rows.into_iter().map(|((name, store, address), nodes)| {
        [name.to_string(), store.to_owned(), address.to_owned(), nodes.join(", ")]
    });
    let head = ["secret", "store", "address", "nodes"].map(str::to_owned);
    table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

fn as_json(checked: &Checked) -> serde_json::Value {
    let nodes = checked.nodes.iter().zip(&checked.uses).map(|((node, desired), uses)| {
        json!({
            "node": node,
            "entities": desired.entities.iter().map(|entity| entity.id()).collect::<Vec<_>>(),
            "variables": uses.variables.keys().collect::<Vec<_>>(),
            "secrets": uses.secrets.keys().collect::<Vec<_>>(),
        })
    });
    json!({
        "format": json::FORMAT,
        "revision": checked.revision,
        "nodes": nodes.collect::<Vec<_>>(),
        "found_secrets": checked.secrets,
        "notes": json::notes(&checked.notes),
    })
}
