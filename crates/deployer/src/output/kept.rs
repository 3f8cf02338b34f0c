//! What a plan says of a node's secrets, and of what stays on it against the configuration.

use deployer_core::model::{Action, LostSecrets, NodePlan, ProtectedEntity, SecretState};

use super::Style;

/// Secrets to send and left, those that are lost, and protected entities: a line each.
pub(super) fn lines(node: &NodePlan, style: Style) -> String {
    let mut text = secrets(node);
    for lost in &node.lost_secrets {
        let label = style.red("lost");
        text.push_str(&format!("  {label} with the system {}: its secrets {}\n", lost.system, names(lost)));
    }
    for it in &node.protected {
        let why = style.dim(&format!("protected, {}", difference(it)));
        text.push_str(&format!("  = {} {}  {why}\n", it.kind.noun(), it.id));
    }
    text
}

/// Those that are lost, and protected entities, as sentences that say which node they are about.
pub(super) fn sentences(node: &NodePlan) -> Vec<String> {
    let name = &node.node;
    let lost = node
        .lost_secrets
        .iter()
        .map(|lost| format!("{name}: with the system {} its secrets are lost: {}", lost.system, names(lost)));
    let protected = node.protected.iter().map(|it| {
        format!(
            "{name}: the {} {} is protected and stays as it runs; it {}",
            it.kind.noun(),
            it.id,
            difference(it)
        )
    });
    lost.chain(protected).collect()
}

fn names(lost: &LostSecrets) -> String {
    let names: Vec<&str> = lost.secrets.iter().map(|name| name.as_str()).collect();
    names.join(", ")
}

/// How a protected entity differs from the configuration.
fn difference(it: &ProtectedEntity) -> String {
    match (it.kept_from, &it.origin) {
        (Action::Remove, _) => "is not in the configuration".to_owned(),
        (_, Some(place)) => format!("differs from {}", place.file),
        (_, None) => "differs from the configuration".to_owned(),
    }
}

fn secrets(node: &NodePlan) -> String {
    let mut text = String::new();
    for (state, label) in [
        (SecretState::New, "new secrets to send"),
        (SecretState::Changed, "changed secrets to send"),
        (SecretState::SentAgain, "secrets to send again"),
        (SecretState::Unchanged, "secrets that are the same, and not sent"),
        (SecretState::LeftOnNode, "secrets left on the node, named by nothing"),
    ] {
        let names: Vec<&str> = node.secrets_in(state).map(|name| name.as_str()).collect();
        if !names.is_empty() {
            text.push_str(&format!("  {label}: {}\n", names.join(", ")));
        }
    }
    for (state, label) in [
        (SecretState::New, "new secrets to send to the system"),
        (SecretState::SentAgain, "secrets to send again to the system"),
        (SecretState::LeftOnNode, "secrets left on the system"),
    ] {
        let of_state = node.system_secrets.iter().filter(|secret| secret.state == state);
        for of_one in of_state.collect::<Vec<_>>().chunk_by(|a, b| a.system == b.system) {
            let names: Vec<&str> = of_one.iter().map(|secret| secret.name.as_str()).collect();
            text.push_str(&format!("  {label} {}: {}\n", of_one[0].system, names.join(", ")));
        }
    }
    text
}
