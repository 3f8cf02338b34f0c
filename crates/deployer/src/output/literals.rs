//! Secret values that the configuration contains literally.

use std::collections::HashMap;

use deployer_core::error::{Note, Place};
use deployer_core::model::{Entity, Plan};

use super::{Output, count, escape};

/// One warning with the place of every literal secret value in an entity that changes.
///
/// It does not name the secret: a configuration could contain guesses, and the warning would say which secret each of them is.
pub(super) fn warning(plan: &Plan, output: &Output) -> Option<Note> {
    let mut places: Vec<Place> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for node in &plan.nodes {
        let entities: HashMap<&str, &Entity> =
            node.desired.entities.iter().map(|entity| (&**entity.id(), entity)).collect();
        let is_suspect = |text: &Option<String>| {
            text.as_deref().is_some_and(|text| output.redactor().masked(text).is_some())
        };
        for change in node.entities.iter().filter(|change| is_suspect(&change.after)) {
            let Some(entity) = entities.get(change.id.as_str()) else { continue };
            let before = places.len();
            entity.value().for_each_text(entity.root().span, &mut |text, span| {
                if output.redactor().finds(text) {
                    places.push(entity.place_of(span));
                }
            });
            if places.len() > before {
                names.push(format!("{} {}", change.kind.noun(), escape::line(&change.id)));
            }
        }
    }
    if places.is_empty() {
        return None;
    }
    places.dedup();
    let message = format!(
        "the configuration contains {} in {}. They are masked here and deployed as they are. Write $SECRET(name) instead",
        count(places.len(), "literal secret value"),
        names.join(", ")
    );
    Some(Note::warning(message).at_all(places))
}
