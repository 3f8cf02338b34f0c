//! The secrets of a node's plan, and the entities that stay although the configuration says otherwise.

use deployer_core::model::{Action, LostSecrets, NodePlan, ProtectedEntity, SecretState};

use super::escape::line;
use super::{Style, first_of};

/// One line per state of secrets, lost secrets, and protected entity.
pub(super) fn lines(node: &NodePlan, style: Style) -> String {
    let mut text = secrets(node);
    for lost in &node.lost_secrets {
        let label = style.red("lost");
        text.push_str(&format!(
            "  {label} with the system {}: its secrets {}\n",
            line(&lost.system),
            names(lost)
        ));
    }
    for it in &node.protected {
        let why = style.dim(&format!("protected, {}", difference(it)));
        text.push_str(&format!("  = {} {}  {why}\n", it.kind.noun(), line(&it.id)));
    }
    text
}

/// One sentence per lost secrets and protected entity, with the name of the node.
pub(super) fn sentences(node: &NodePlan) -> Vec<String> {
    let name = &node.node;
    let lost = node.lost_secrets.iter().map(|lost| {
        format!("{name}: the secrets of the system {} are lost with it: {}", line(&lost.system), names(lost))
    });
    let protected = node.protected.iter().map(|it| {
        let (noun, id) = (it.kind.noun(), line(&it.id));
        format!("{name}: the {noun} {id} is protected and stays as it is. It {}", difference(it))
    });
    lost.chain(protected).collect()
}

fn names(lost: &LostSecrets) -> String {
    let names: Vec<String> = lost.secrets.iter().map(|name| line(name.as_str()).into_owned()).collect();
    names.join(", ")
}

/// How a protected entity differs from the configuration.
fn difference(it: &ProtectedEntity) -> String {
    match (it.kept_from, &it.origin) {
        (Action::Remove, _) => "is not in the configuration".to_owned(),
        (_, Some(place)) => format!("differs from {}", line(&place.file)),
        (_, None) => "differs from the configuration".to_owned(),
    }
}

/// How many names are listed of secrets that do not change.
const LISTED: usize = 20;

fn secrets(node: &NodePlan) -> String {
    let mut text = String::new();
    for (state, label) in [
        (SecretState::New, "new secrets to send"),
        (SecretState::Changed, "changed secrets to send"),
        (SecretState::SentAgain, "secrets to re-send"),
        (SecretState::Unchanged, "unchanged secrets, not sent"),
        (SecretState::LeftOnNode, "secrets on the node, unused by the configuration"),
    ] {
        let names: Vec<_> = node.secrets_in(state).map(|name| line(name.as_str())).collect();
        if !names.is_empty() {
            text.push_str(&format!("  {label}: {}\n", listed(&names, state)));
        }
    }
    for (state, label) in [
        (SecretState::New, "new secrets to send to the system"),
        (SecretState::SentAgain, "secrets to re-send to the system"),
        (SecretState::LeftOnNode, "secrets left on the system"),
    ] {
        let of_state = node.system_secrets.iter().filter(|secret| secret.state == state);
        for of_one in of_state.collect::<Vec<_>>().chunk_by(|a, b| a.system == b.system) {
            let names: Vec<_> = of_one.iter().map(|secret| line(secret.name.as_str())).collect();
            text.push_str(&format!("  {label} {}: {}\n", line(&of_one[0].system), listed(&names, state)));
        }
    }
    text
}

/// Names of secrets. Those that are new or change are all listed.
fn listed(names: &[std::borrow::Cow<'_, str>], state: SecretState) -> String {
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    let most = if matches!(state, SecretState::New | SecretState::Changed) { names.len() } else { LISTED };
    first_of(&names, most)
}
