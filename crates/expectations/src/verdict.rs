//! The comparison of one spec.

use deployer_core::document::SourceText;

use crate::answer::{filtered, without_deletes};
use crate::blacklist::Blacklist;
use crate::difference::{Difference, differences};
use crate::json::Json;
use crate::numbers;
use crate::order::sorted;
use crate::spec::{Endpoint, Spec};
use crate::xml;

/// Where the comparison differs from the default of Sesam's command-line tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Whether long integers are compared exactly, instead of as doubles.
    pub exact_integers: bool,
    /// Whether `<`, `>` and `&` are written as they are, instead of as escapes.
    pub plain_signs: bool,
}

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The node sends what is expected.
    Same,
    /// The numbers of entities differ.
    Length {
        /// How many entities are expected, and how many the node sends.
        counts: (usize, usize),
        /// What differs.
        compared: Compared,
    },
    /// The contents of entities differ.
    Content(Compared),
    /// The bytes or the XML documents differ.
    Bytes(Compared),
    /// The two cannot be compared, and why.
    Broken(String),
}

/// Two texts that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The canonical text of the expected file.
    pub expected: String,
    /// The canonical text of the answer.
    pub got: String,
    /// The values that differ, by entity and path. Empty for texts that are no entities.
    pub differences: Vec<Difference>,
}

/// Compares the answer of a node with the expected file. Returns the verdict, and warnings about the spec and the expected file.
pub fn verdict(answer: &[u8], spec: &Spec, expected: &[u8], options: Options) -> (Verdict, Vec<String>) {
    match &spec.endpoint {
        Endpoint::Entities => entities(answer, spec, expected, options),
        Endpoint::Xml => (documents(answer, expected), Vec::new()),
        Endpoint::Bytes(_) => (bytes(answer, expected), Vec::new()),
    }
}

/// The expected file that the answer of a node asks for.
///
/// # Errors
/// If the answer cannot be read or sorted, in words.
pub fn expected_text(answer: &[u8], spec: &Spec, options: Options) -> Result<Vec<u8>, String> {
    match &spec.endpoint {
        Endpoint::Bytes(_) => Ok(answer.to_vec()),
        Endpoint::Xml => Ok(xml::printed(answer).map_or_else(|| answer.to_vec(), String::into_bytes)),
        Endpoint::Entities => {
            let got = got(answer, spec, &[], &Blacklist::new(&spec.blacklist), options)?;
            let text = Json::List(got).indented();
            if options.plain_signs {
                return Ok(text.into_bytes());
            }
            let escaped = text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
            Ok(escaped.into_bytes())
        }
    }
}

fn entities(answer: &[u8], spec: &Spec, expected: &[u8], options: Options) -> (Verdict, Vec<String>) {
    let wanted = match list(expected, "the expected file", &|number| numbers::of_file(number)) {
        Ok(wanted) => wanted,
        Err(problem) => return (Verdict::Broken(problem), Vec::new()),
    };
    let mut warnings = impossible_numbers(expected, options);
    let blacklist = Blacklist::new(&spec.blacklist);
    let got = got(answer, spec, &wanted, &blacklist, options);
    let unused = blacklist.unused().into_iter().map(unused_pattern);
    warnings.extend(unused);
    let sorted = got.and_then(|got| Ok((got, sorted(wanted, &spec.fields_to_sort_by)?)));
    let (got, wanted) = match sorted {
        Ok(both) => both,
        Err(problem) => return (Verdict::Broken(problem), warnings),
    };
    let counts = (wanted.len(), got.len());
    let found = differences(&wanted, &got);
    let (wanted, got) = (Json::List(wanted).indented(), Json::List(got).indented());
    if wanted == got {
        return (Verdict::Same, warnings);
    }
    let compared = Compared { expected: wanted, got, differences: found };
    let verdict =
        if counts.0 == counts.1 { Verdict::Content(compared) } else { Verdict::Length { counts, compared } };
    (verdict, warnings)
}

/// The entities of an answer that are compared, in order.
fn got(
    answer: &[u8],
    spec: &Spec,
    wanted: &[Json],
    blacklist: &Blacklist,
    options: Options,
) -> Result<Vec<Json>, String> {
    let number = |number: &str| numbers::of_node(number, options.exact_integers);
    let got = list(answer, "the answer of the node", &number)?;
    let mut got: Vec<Json> = got.into_iter().map(|entity| filtered(entity, blacklist)).collect();
    if spec.ignore_deletes {
        got = without_deletes(got, wanted)?;
    }
    sorted(got, &spec.fields_to_sort_by)
}

fn list(bytes: &[u8], what: &str, number: &dyn Fn(&str) -> String) -> Result<Vec<Json>, String> {
    let source = SourceText::from_bytes(what, bytes.to_vec()).map_err(|error| error.to_string())?;
    crate::entities::entities(&source, number).map_err(|error| error.to_string())
}

/// A warning for each number of an expected file that no answer can contain.
fn impossible_numbers(expected: &[u8], options: Options) -> Vec<String> {
    let found = std::cell::RefCell::new(std::collections::BTreeMap::new());
    let note = |text: &str| {
        if let Some(possible) = numbers::impossible(text, options.exact_integers) {
            found.borrow_mut().insert(text.to_owned(), possible);
        }
        text.to_owned()
    };
    // A file that cannot be read is a verdict of its own.
    let _ = list(expected, "the expected file", &note);
    let message = |(text, possible): (String, String)| {
        format!("the expected number {text} never matches: the node's number is compared as {possible}")
    };
    found.into_inner().into_iter().map(message).collect()
}

fn unused_pattern(pattern: &str) -> String {
    let hint = if pattern.contains("\\.") {
        "; write `a.b` for the key \"a.b\""
    } else if pattern.contains("[].") || pattern.contains(".*.") {
        "; lists add nothing to a path, so write `list.key`"
    } else {
        ""
    };
    format!("the blacklist pattern {pattern:?} matches nothing{hint}")
}

fn documents(answer: &[u8], expected: &[u8]) -> Verdict {
    match (xml::printed(expected), xml::printed(answer)) {
        (Some(expected), Some(got)) if expected == got => Verdict::Same,
        (Some(expected), Some(got)) => Verdict::Bytes(Compared { expected, got, differences: Vec::new() }),
        _ => bytes(answer, expected),
    }
}

fn bytes(answer: &[u8], expected: &[u8]) -> Verdict {
    if answer == expected {
        return Verdict::Same;
    }
    Verdict::Bytes(Compared { expected: text(expected), got: text(answer), differences: Vec::new() })
}

/// Bytes as UTF-8, or as Latin-1.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
