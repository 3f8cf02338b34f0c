//! The deploying phase: how many more looks at a pipe show it as `Deploying` or `Removing`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::StoredEntity;
use crate::config::derived::Component;

/// Pipes on their way in and out. A look is one request for pipes that shows the pipe.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    deploying: BTreeMap<String, u32>,
    removing: BTreeMap<String, Removed>,
}

/// A pipe that is configured no more but still shown.
#[derive(Debug, Clone)]
pub(crate) struct Removed {
    pub(crate) entity: Arc<StoredEntity>,
    pub(crate) component: Arc<Component>,
    looks_left: u32,
}

impl Progress {
    pub(crate) fn deploy(&mut self, id: &str, looks: u32) {
        self.removing.remove(id);
        if looks > 0 {
            self.deploying.insert(id.to_owned(), looks);
        }
    }

    pub(crate) fn remove(
        &mut self,
        id: &str,
        entity: &Arc<StoredEntity>,
        component: &Arc<Component>,
        looks: u32,
    ) {
        self.deploying.remove(id);
        if looks > 0 {
            let removed =
                Removed { entity: Arc::clone(entity), component: Arc::clone(component), looks_left: looks };
            self.removing.insert(id.to_owned(), removed);
        }
    }

    pub(crate) fn is_deploying(&self, id: &str) -> bool {
        self.deploying.contains_key(id)
    }

    /// The pipes still shown as removed.
    pub(crate) fn removing(&self) -> impl Iterator<Item = (&str, &Removed)> {
        self.removing.iter().map(|(id, removed)| (id.as_str(), removed))
    }

    pub(crate) fn removed(&self, id: &str) -> Option<&Removed> {
        self.removing.get(id)
    }

    /// Counts one look at the pipes `is_seen` selects.
    pub(crate) fn look(&mut self, is_seen: impl Fn(&str) -> bool) {
        self.deploying.retain(|id, left| !is_seen(id) || count_down(left));
        self.removing.retain(|id, removed| !is_seen(id) || count_down(&mut removed.looks_left));
    }
}

/// Takes one off; false when none is left.
fn count_down(left: &mut u32) -> bool {
    *left = left.saturating_sub(1);
    *left > 0
}
