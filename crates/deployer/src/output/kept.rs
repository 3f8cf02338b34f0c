//! What a plan says of a node's secrets, and of what stays on it against the configuration.

use deployer_core::model::{Action, NodePlan, SecretState};

use super::Style;

/// Secrets to send and left, those that are lost, and protected entities: a line each.
pub(super) fn lines(node: &NodePlan, style: Style) -> String {
    let mut text = secrets(node);
    for lost in &node.lost_secrets {
        let names: Vec<&str> = lost.secrets.iter().map(|name| name.as_str()).collect();
        let label = style.red("lost");
        text.push_str(&format!(
            "  {label} with the system {}: its secrets {}\n",
            lost.system,
            names.join(", ")
        ));
    }
    for it in &node.protected {
        let why = match (it.kept_from, &it.origin) {
            (Action::Remove, _) => "is not in the configuration".to_owned(),
            (_, Some(place)) => format!("differs from {}", place.file),
            (_, None) => "differs from the configuration".to_owned(),
        };
        text.push_str(&format!(
            "  = {} {}  {}\n",
            it.kind.noun(),
            it.id,
            style.dim(&format!("protected, {why}"))
        ));
    }
    text
}

fn secrets(node: &NodePlan) -> String {
    let mut text = String::new();
    for (state, label) in [
        (SecretState::New, "new secrets to send"),
        (SecretState::SentAgain, "secrets to send again"),
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
