//! SPDX licence expressions: `(MIT OR Apache-2.0) AND Unicode-3.0`.

/// Whether a licence expression can be satisfied by licences that are allowed. An invalid expression cannot.
pub(super) fn is_satisfied(expression: &str, mut is_allowed: impl FnMut(&str) -> bool) -> bool {
    // The slash parted licences before there were expressions.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any(&mut rest, &mut is_allowed).unwrap_or(false) && rest.is_empty()
}

/// Alternatives. `None` for words that are no expression.
fn any(words: &mut &[&str], is_allowed: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
    let mut is_satisfied = all(words, is_allowed)?;
    while skip(words, "OR") {
        is_satisfied |= all(words, is_allowed)?;
    }
    Some(is_satisfied)
}

fn all(words: &mut &[&str], is_allowed: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
    let mut is_satisfied = one(words, is_allowed)?;
    while skip(words, "AND") {
        is_satisfied &= one(words, is_allowed)?;
    }
    Some(is_satisfied)
}

/// A licence, one with an exception, or an expression in brackets.
fn one(words: &mut &[&str], is_allowed: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
    if skip(words, "(") {
        let is_satisfied = any(words, is_allowed)?;
        return skip(words, ")").then_some(is_satisfied);
    }
    let licence = next(words)?;
    if !skip(words, "WITH") {
        return Some(is_allowed(licence));
    }
    // An exception only adds permissions.
    next(words)?;
    Some(is_allowed(licence))
}

fn next<'w>(words: &mut &[&'w str]) -> Option<&'w str> {
    let (first, rest) = words.split_first()?;
    *words = rest;
    Some(first)
}

fn skip(words: &mut &[&str], word: &str) -> bool {
    let is_next = words.first() == Some(&word);
    if is_next {
        *words = &words[1..];
    }
    is_next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn or_needs_one_and_needs_all_and_brackets_bind() {
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("GPL-3.0-only OR MIT", true),
            ("GPL-3.0-only/MIT", true),
            ("MIT AND GPL-3.0-only", false),
            ("(GPL-3.0-only OR MIT) AND ISC", true),
            ("GPL-3.0-only OR MIT AND ISC", true),
            ("(MIT OR ISC) AND GPL-3.0-only", false),
            ("ISC WITH LLVM-exception", true),
            ("", false),
            ("MIT AND", false),
            ("(MIT", false),
            ("MIT ISC", false),
        ] {
            let is_allowed = |licence: &str| matches!(licence, "MIT" | "ISC");
            assert_eq!(is_satisfied(expression, is_allowed), expected, "{expression}");
        }
    }
}
