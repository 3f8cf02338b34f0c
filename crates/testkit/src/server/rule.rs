//! Which requests a fault meets.

/// A request as a fault sees it: its head, and its place among all requests of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Position in order of arrival, from 0; the same as in the request log until that is cleared.
    pub sequence: usize,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
}

#[derive(Debug, Clone, Copy)]
enum Occurrence {
    Each,
    Nth(usize),
    First(usize),
    From(usize),
}

/// A method, a path pattern and an occurrence.
///
/// In the pattern `*` stands for any characters, `/` among them. The query is compared only when the pattern holds
/// a `?`.
#[derive(Debug, Clone)]
pub struct Rule {
    method: Option<String>,
    pattern: Option<String>,
    occurrence: Occurrence,
}

impl Rule {
    /// Every request.
    pub fn any() -> Self {
        Self { method: None, pattern: None, occurrence: Occurrence::Each }
    }

    /// Every request of one method to the paths of a pattern.
    pub fn new(method: &str, pattern: &str) -> Self {
        Self {
            method: Some(method.to_owned()),
            pattern: Some(pattern.to_owned()),
            occurrence: Occurrence::Each,
        }
    }

    /// Every request to the paths of a pattern, whatever its method.
    pub fn path(pattern: &str) -> Self {
        Self { method: None, pattern: Some(pattern.to_owned()), occurrence: Occurrence::Each }
    }

    /// Only the n-th of them, from 1.
    #[must_use]
    pub fn nth(self, n: usize) -> Self {
        Self { occurrence: Occurrence::Nth(n), ..self }
    }

    /// Only the first n of them.
    #[must_use]
    pub fn first(self, n: usize) -> Self {
        Self { occurrence: Occurrence::First(n), ..self }
    }

    /// The n-th of them, from 1, and all that follow.
    #[must_use]
    pub fn from(self, n: usize) -> Self {
        Self { occurrence: Occurrence::From(n), ..self }
    }

    pub(super) fn describes(&self, seen: &Seen) -> bool {
        let method = self.method.as_ref().is_none_or(|method| *method == seen.method);
        method
            && self.pattern.as_ref().is_none_or(|pattern| {
                let end = if pattern.contains('?') { None } else { seen.path.find('?') };
                matches(pattern, &seen.path[..end.unwrap_or(seen.path.len())])
            })
    }

    pub(super) fn meets(&self, count: usize) -> bool {
        match self.occurrence {
            Occurrence::Each => true,
            Occurrence::Nth(n) => count == n,
            Occurrence::First(n) => count <= n,
            Occurrence::From(n) => count >= n,
        }
    }
}

/// Whether a text is described by a pattern in which `*` stands for any characters.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|tail| {
            (0..=tail.len()).any(|at| tail.is_char_boundary(at) && matches(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_span_slashes_and_compare_the_query_only_when_asked() {
        let push = Seen {
            sequence: 0,
            method: "GET".to_owned(),
            path: "/git/a.git/info/refs?service=git-receive-pack".to_owned(),
        };
        assert!(Rule::new("GET", "/git/*/info/refs").describes(&push));
        assert!(Rule::path("*?service=git-receive-pack").describes(&push));
        assert!(Rule::any().describes(&push));
        assert!(!Rule::new("POST", "/git/*/info/refs").describes(&push));
        assert!(!Rule::path("*?service=git-upload-pack").describes(&push));
        assert!(!Rule::path("/git/*/info").describes(&push));
    }

    #[test]
    fn occurrences_count_from_one() {
        let met = |rule: Rule| (1..=4).filter(|count| rule.meets(*count)).collect::<Vec<_>>();
        assert_eq!(met(Rule::any().nth(2)), [2]);
        assert_eq!(met(Rule::any().first(2)), [1, 2]);
        assert_eq!(met(Rule::any().from(3)), [3, 4]);
        assert_eq!(met(Rule::any()), [1, 2, 3, 4]);
    }
}
