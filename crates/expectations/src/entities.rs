//! Lists of entities, as nodes send them and expected files contain them.

use deployer_core::document::{Node, SourceText, Value};
use deployer_core::{Error, Kind, Result};

use crate::json::Json;
use crate::numbers;
use crate::order::sorted;
use crate::spec::{Endpoint, Spec};

/// Reads a list of entities; `number` makes the canonical text of a number.
///
/// # Errors
/// `Verification` at the place of what is not JSON, no list, or no object in it.
pub(crate) fn entities(source: &SourceText, number: &dyn Fn(&str) -> String) -> Result<Vec<Json>> {
    let root = source.parse()?.root;
    let wrong = |what: &str, node: &Node| {
        let message = format!("{} {what}, this is {}", source.file(), node.value.kind_name());
        Error::new(Kind::Verification, message).at(source.place(node.span.start))
    };
    let Value::Array(items) = &root.value else {
        return Err(wrong("must be a list of objects", &root));
    };
    if let Some(item) = items.iter().find(|item| !matches!(item.value, Value::Object(_))) {
        return Err(wrong("must contain only objects", item));
    }
    Ok(items.iter().map(|item| Json::of(&item.value, number)).collect())
}

/// Checks that an expected file can be compared with any output, before there is one. `file` is its path as messages show it.
///
/// # Errors
/// `Verification` at the place of the problem.
pub fn check_expected(file: &str, expected: &[u8], spec: &Spec) -> Result<()> {
    if spec.endpoint != Endpoint::Entities {
        // An XML document that cannot be read is compared as bytes, like every other format.
        return Ok(());
    }
    let source = SourceText::from_bytes(file, expected.to_vec())?;
    let expected = entities(&source, &|number| numbers::of_file(number))?;
    let unsorted = |reason| Error::new(Kind::Verification, reason).at(source.place(0));
    sorted(expected, &spec.fields_to_sort_by).map(drop).map_err(unsorted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expected_file_that_cannot_be_compared_is_refused_at_the_place_of_its_problem() {
        let spec = |endpoint| Spec { endpoint, ..Spec::new("x") };
        let check = |text: &str, spec: &Spec| match check_expected("x.json", text.as_bytes(), spec) {
            Ok(()) => String::new(),
            Err(error) => format!("{error} at {}", error.places()[0]),
        };
        let json = spec(Endpoint::Entities);
        assert_eq!(check("\u{feff}[{\"_id\": \"1\"}, {\"_id\": \"2\"}]", &json), "");
        let cases = [
            ("{}", "x.json must be a list of objects, this is an object at x.json:1:1"),
            ("[{\"_id\": \"1\"},\n 7]", "x.json must contain only objects, this is a number at x.json:2:2"),
        ];
        for (text, expected) in cases {
            assert_eq!(check(text, &json), expected);
        }
        assert!(check("[\n  {\"_id\": }\n]", &json).ends_with(" at x.json:2:11"));
        assert!(check("[{\"_id\": \"1\"}, {\"_id\": 2}]", &json).ends_with(" at x.json:1:1"));
        for bytes in [Endpoint::Xml, Endpoint::Bytes("csv".to_owned())] {
            assert_eq!(check("7", &spec(bytes)), "");
        }
    }
}
