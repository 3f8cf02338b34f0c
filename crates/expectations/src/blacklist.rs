//! Patterns of paths that are not compared.

use std::cell::RefCell;

use glob::{MatchOptions, Pattern};

/// The patterns of a spec, and which of them matched.
#[derive(Debug)]
pub(crate) struct Blacklist {
    patterns: Vec<(String, Option<Pattern>)>,
    matched: RefCell<Vec<bool>>,
}

/// A shell pattern: `*` is any text, dots included.
const SHELL: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: false,
    require_literal_leading_dot: false,
};

impl Blacklist {
    pub(crate) fn new(patterns: &[String]) -> Self {
        // A `**` of a shell pattern is two `*`; the library gives it a meaning of its own.
        let compiled = patterns.iter().map(|written| {
            let mut pattern = written.replace("[].", ".*.");
            while pattern.contains("**") {
                pattern = pattern.replace("**", "*");
            }
            (written.clone(), Pattern::new(&pattern).ok())
        });
        Self { patterns: compiled.collect(), matched: RefCell::new(vec![false; patterns.len()]) }
    }

    /// Whether the member with this path is dropped. Keys are joined with dots, and lists add nothing.
    pub(crate) fn drops(&self, path: &str) -> bool {
        let path = path.replace("\\.", ".");
        let mut drops = false;
        for (at, (written, pattern)) in self.patterns.iter().enumerate() {
            let is_match = match pattern {
                Some(pattern) => pattern.matches_with(&path, SHELL),
                // An invalid pattern, such as `[`, is a plain text.
                None => *written == path,
            };
            if is_match {
                drops = true;
                self.matched.borrow_mut()[at] = true;
            }
        }
        drops
    }

    /// The patterns that matched nothing so far.
    pub(crate) fn unused(&self) -> Vec<&str> {
        let matched = self.matched.borrow();
        let unused = self.patterns.iter().zip(matched.iter()).filter(|(_, matched)| !**matched);
        unused.map(|((written, _), _)| written.as_str()).collect()
    }
}
