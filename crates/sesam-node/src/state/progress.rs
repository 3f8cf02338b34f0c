//! The deploying phase: the number of requests that will still show a pipe as `Deploying` or `Removing`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::derived::Component;
use super::stored::StoredEntity;

/// Pipes that are deploying or removing. A look is one request that shows the pipe.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    deploying: BTreeMap<String, u32>,
    removing: BTreeMap<String, Removed>,
}

/// A removed pipe that requests still show.
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

    /// Counts one look at the pipes that `is_seen` selects.
    pub(crate) fn look(&mut self, is_seen: impl Fn(&str) -> bool) {
        self.deploying.retain(|id, left| !is_seen(id) || count_down(left));
        self.removing.retain(|id, removed| !is_seen(id) || count_down(&mut removed.looks_left));
    }
}

/// Subtracts one; returns whether any is left.
fn count_down(left: &mut u32) -> bool {
    *left = left.saturating_sub(1);
    *left > 0
}
