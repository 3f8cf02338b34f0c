//! Problems at their places: what a pipeline shows beside a file, and paths for people.

use deployer_core::error::Place;

use super::pipeline::{Dialect, Severity};
use super::{Output, escape};

impl Output {
    /// The line that makes a pipeline show a failure or a warning at its place.
    pub(super) fn annotation(
        &self,
        dialect: Dialect,
        severity: Severity,
        place: Option<&Place>,
        code: &str,
        text: &str,
    ) -> String {
        let located = place.map(|place| {
            let locator = self.locator.get().cloned().unwrap_or_default();
            let place = locator.in_repository(place, self.workspace.as_deref());
            Place { file: self.mask(&place.file).0.into(), ..place }
        });
        let text = escape::text(&self.mask(text.trim_end_matches('\n')).0, self.message.colour);
        dialect.annotation(severity, located.as_ref(), code, &self.with_label(text)) + "\n"
    }

    /// A place for a person: on a terminal, a path that can be opened from the current folder.
    pub(super) fn place(&self, place: &Place) -> String {
        let shown = match self.locator.get().filter(|_| self.message.is_terminal) {
            Some(locator) => locator.seen_from_here(place).to_string(),
            None => place.to_string(),
        };
        escape::line(&shown).into_owned()
    }
}
