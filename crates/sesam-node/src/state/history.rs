//! The versions of one entity.
//!
//! The current version shares its text with the entity. An earlier version is kept as its difference from the next one: most changes
//! are small, and twenty full texts per entity would take most of the memory of a node.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::exact::ExactJson;

/// How many versions of an entity the history keeps.
const LENGTH: usize = 20;

/// The current and earlier versions of an entity.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Vec<ExactJson>", into = "Vec<ExactJson>")]
pub(crate) struct History {
    current: ExactJson,
    /// The number of the current version among all versions of the node.
    updated: u64,
    /// Oldest first.
    earlier: Vec<Difference>,
}

/// An earlier version: the text of the next version with another middle.
#[derive(Debug, Clone)]
struct Difference {
    updated: u64,
    /// The length of the equal beginning in bytes.
    start: usize,
    /// The length of the equal end in bytes.
    end: usize,
    middle: Box<str>,
}

impl History {
    pub(super) fn new(body: ExactJson, updated: u64) -> Self {
        Self { current: body, updated, earlier: Vec::new() }
    }

    /// Adds a version and removes the oldest one of too many.
    pub(super) fn push(&mut self, body: ExactJson, updated: u64) {
        self.earlier.push(Difference::between(self.current.text(), body.text(), self.updated));
        (self.current, self.updated) = (body, updated);
        let surplus = (self.earlier.len() + 1).saturating_sub(LENGTH);
        self.earlier.drain(..surplus);
    }

    /// The versions newer than `since`, oldest first, each with its number as `_updated`.
    pub(crate) fn versions(&self, since: Option<u64>) -> Result<Vec<ExactJson>, String> {
        let mut versions = Vec::new();
        let mut text = self.current.text().to_owned();
        let mut add = |text: &str, updated: u64| {
            if since.is_none_or(|since| updated > since) {
                versions.push(ExactJson::parse(text)?.with_member("_updated", &updated)?);
            }
            Ok::<_, String>(())
        };
        add(&text, self.updated)?;
        for difference in self.earlier.iter().rev() {
            text = difference.applied_to(&text);
            add(&text, difference.updated)?;
        }
        versions.reverse();
        Ok(versions)
    }
}

impl Difference {
    fn between(old: &str, new: &str, updated: u64) -> Self {
        let is_boundary = |at: usize, other: usize| old.is_char_boundary(at) && new.is_char_boundary(other);
        let equal = old.bytes().zip(new.bytes()).take_while(|(one, other)| one == other);
        let mut start = equal.count();
        while !is_boundary(start, start) {
            start -= 1;
        }
        let rest = old.len().min(new.len()) - start;
        let equal = old.bytes().rev().zip(new.bytes().rev()).take_while(|(one, other)| one == other);
        let mut end = equal.count().min(rest);
        while !is_boundary(old.len() - end, new.len() - end) {
            end -= 1;
        }
        Self { updated, start, end, middle: old[start..old.len() - end].into() }
    }

    fn applied_to(&self, next: &str) -> String {
        [&next[..self.start], &self.middle, &next[next.len() - self.end..]].concat()
    }
}

impl From<History> for Vec<ExactJson> {
    fn from(history: History) -> Self {
        // Every version was JSON before.
        history.versions(None).unwrap_or_default()
    }
}

impl TryFrom<Vec<ExactJson>> for History {
    type Error = String;

    fn try_from(versions: Vec<ExactJson>) -> Result<Self, String> {
        let mut history: Option<Self> = None;
        for version in versions {
            let mut members = version.members();
            let updated = members.remove("_updated");
            let updated = updated.and_then(|number| serde_json::from_str::<Value>(number.get()).ok());
            let updated =
                updated.and_then(|number| number.as_u64()).ok_or("is a version without `_updated`")?;
            let body = ExactJson::of(&members)?;
            match &mut history {
                Some(history) => history.push(body, updated),
                None => history = Some(Self::new(body, updated)),
            }
        }
        history.ok_or_else(|| "is a history without versions".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_comes_back() {
        let texts = [
            r#"{"a":"ø"}"#,
            r#"{"a":"å"}"#,
            r#"{"a":"åå"}"#,
            "{}",
            r#"{"a":"å","b":[1,1,1]}"#,
            r#"{"b":[1,1]}"#,
        ];
        let mut history = History::new(ExactJson::parse(texts[0]).unwrap(), 0);
        for (number, text) in (1_u64..).zip(&texts[1..]) {
            history.push(ExactJson::parse(text).unwrap(), number);
        }
        let expected: Vec<ExactJson> = (0_u64..)
            .zip(texts)
            .map(|(number, text)| ExactJson::parse(text).unwrap().with_member("_updated", &number).unwrap())
            .collect();
        assert!(history.versions(None).unwrap() == expected);
        assert!(history.versions(Some(3)).unwrap() == expected[4..]);
        let read: History = serde_json::from_str(&serde_json::to_string(&history).unwrap()).unwrap();
        assert!(read.versions(None).unwrap() == expected);
    }

    #[test]
    fn the_oldest_versions_go() {
        let text = |number: usize| ExactJson::parse(&format!(r#"{{"n":{number}}}"#)).unwrap();
        let mut history = History::new(text(0), 0);
        (1..=30).for_each(|number| history.push(text(number), number as u64));
        let versions = history.versions(None).unwrap();
        assert_eq!(versions.len(), LENGTH);
        assert_eq!(versions[0].text(), r#"{"_updated":11,"n":11}"#);
    }
}
