//! Reading JSON documents: what is accepted, what is refused and in which words, and that hostile sizes do no harm.

use deployer_core::document::{MAX_DEPTH, ParseError, Parsed, SourceText, Value};
use deployer_core::{Error, Kind, Place, format};

fn parse(text: &str) -> Result<Parsed, ParseError> {
    SourceText::new("a.json", text).parse()
}

fn accepted(text: &str) -> Parsed {
    parse(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn values_keep_their_order_their_text_and_their_place() {
    let text =
        "{\"z\": [1.10, -0, 1E5],\r\n\t\"a\": {\"å\": \"€\\u20ac\"}, \"e\": [{}, [], true, false, null]}";
    let root = accepted(text).root;
    assert_eq!(
        format::compact(&root.value),
        r#"{"z":[1.10,-0,1E5],"a":{"å":"€€"},"e":[{},[],true,false,null]}"#
    );
    let at =
        |path: &str| root.at_path(path).map(|node| &text[node.span.start as usize..node.span.end as usize]);
    assert_eq!(at("z.0"), Some("1.10"));
    assert_eq!(at("z"), Some("[1.10, -0, 1E5]"));
    assert_eq!(at("a.å"), Some("\"€\\u20ac\""));
    assert_eq!(at("e.0"), Some("{}"));
    let key =
        root.value.as_object().and_then(|object| object.members().get(1)).expect("two members").key_span;
    assert_eq!(&text[key.start as usize..key.end as usize], "\"a\"");
    assert_eq!(SourceText::new("a.json", text).place(key.start), Place::new("a.json", 2, 2));
}

#[test]
fn every_kind_of_value_may_stand_alone() {
    for text in ["null", "true", "false", "0", "-1.5e+3", "\"\"", "[]", "{}", " \t\r\n 1 \n"] {
        assert_eq!(format::compact(&accepted(text).root.value), text.trim());
    }
}

#[test]
fn refusals_say_what_was_expected_and_what_was_found() {
    for (text, place, message) in [
        ("", "1:1", "expected a value, found the end of the file"),
        (" \n", "2:1", "expected a value, found the end of the file"),
        ("{\"a\": 1,\n \"b\" 2}", "2:6", "expected `:` after the key, found `2`"),
        ("{\"a\": 1\n \"b\": 2}", "2:2", "expected `,` or `}` in the object that begins at 1:1, found `\"`"),
        ("[1\n 2]", "2:2", "expected `,` or `]` in the list that begins at 1:1, found `2`"),
        ("{\"a\": [1, 2}", "1:12", "expected `,` or `]` in the list that begins at 1:7, found `}`"),
        (
            "{\"a\": [1, 2",
            "1:12",
            "expected `,` or `]` in the list that begins at 1:7, found the end of the file",
        ),
        ("{\"a\": 1,}", "1:9", "expected another item after `,`, found `}`"),
        ("[1,\n]", "2:1", "expected another item after `,`, found `]`"),
        ("[,1]", "1:2", "expected a value, found `,`"),
        ("{a: 1}", "1:2", "expected a key in double quotes, found `a`"),
        ("{1: 1}", "1:2", "expected a key in double quotes, found `1`"),
        ("{} {}", "1:4", "expected the end of the file after the value, found `{`"),
        ("nul", "1:1", "expected a value, found `n`"),
        ("å", "1:1", "expected a value, found `å`"),
        ("[\u{a0}1]", "1:2", "expected a value, found the character U+00A0"),
        ("\u{feff}\u{feff}1", "1:1", "expected a value, found the character U+FEFF"),
        ("// c\n1", "1:1", "found a comment, which JSON does not have"),
        ("[1 /* c */]", "1:4", "found a comment, which JSON does not have"),
        ("{'a': 1}", "1:2", "found a single quote"),
        ("[True]", "1:2", "found a word of Python"),
        ("[NaN]", "1:2", "found a value that JSON does not have"),
        ("[-Infinity]", "1:3", "found a value that JSON does not have"),
        ("[\n<<<<<<< HEAD\n1]", "2:1", "found a conflict marker of git"),
        ("{\"a\": \"å\n\"}", "1:9", "a line break is not allowed in a text"),
        ("[\"a\tb\"]", "1:4", "a tab is not allowed in a text"),
        ("[\"\u{1f}\"]", "1:3", "the character U+001F is not allowed in a text"),
        ("[\"abc", "1:2", "the text that begins here has no closing quote"),
        ("[\"a\\\"b", "1:2", "the text that begins here has no closing quote"),
        ("[\"c:\\path\"]", "1:5", "a backslash begins no known escape here"),
        ("[\"\\", "1:3", "a backslash begins no known escape here"),
        ("[\"\\u12g4\"]", "1:3", "`\\u` needs four hexadecimal digits"),
        ("[\"\\u+123\"]", "1:3", "`\\u` needs four hexadecimal digits"),
        ("[\"\\u12", "1:3", "`\\u` needs four hexadecimal digits"),
        ("[\"x\\ud800\"]", "1:4", "this `\\u` escape is half of a surrogate pair, and no character"),
        ("[\"\\udc00\\ud800\"]", "1:3", "this `\\u` escape is half of a surrogate pair, and no character"),
        ("[\"\\ud800\\u0041\"]", "1:3", "this `\\u` escape is half of a surrogate pair, and no character"),
        ("[01]", "1:2", "a number does not begin with `0` and another digit"),
        ("[-00.5]", "1:2", "a number does not begin with `0` and another digit"),
        ("[1.]", "1:4", "expected a digit, found `]`"),
        ("[.5]", "1:2", "expected a value, found `.`"),
        ("[+1]", "1:2", "expected a value, found `+`"),
        ("[- 1]", "1:3", "expected a digit, found a blank"),
        ("1e", "1:3", "expected a digit, found the end of the file"),
        ("0x10", "1:2", "expected the end of the file after the value, found `x`"),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.message, message, "{text}");
        assert_eq!(error.place.to_string(), format!("a.json:{place}"), "{text}");
        assert!(!error.hint.is_empty(), "{text}");
    }
}

#[test]
fn a_refusal_becomes_an_error_of_verification() {
    let error: Error = parse("{\"a\": 1,}").expect_err("a trailing comma").into();
    assert_eq!(error.kind(), Kind::Verification);
    assert_eq!(error.to_string(), "a.json is not valid JSON: expected another item after `,`, found `}`");
    assert_eq!(error.places(), [Place::new("a.json", 1, 9)]);
    assert_eq!(error.hints(), ["take out the comma"]);
}

#[test]
fn of_a_repeated_key_the_last_value_wins_in_the_first_place() {
    let parsed = accepted("{\"a\": 1, \"b\": {\"x\": 0, \"x\": 1},\n \"a\": 2, \"\\u0061\": 3}");
    assert_eq!(format::compact(&parsed.root.value), r#"{"a":3,"b":{"x":1}}"#);
    let told: Vec<String> = parsed
        .duplicates
        .iter()
        .map(|duplicate| format!("{} {} {}", duplicate.key, duplicate.place, duplicate.first))
        .collect();
    assert_eq!(told, ["x a.json:1:24 a.json:1:16", "a a.json:2:2 a.json:1:2", "a a.json:2:10 a.json:1:2"]);
    assert!(accepted("[{\"a\": 1}, {\"a\": 2}]").duplicates.is_empty());
}

#[test]
fn repeated_keys_are_found_in_objects_of_any_size() {
    for size in [2, 16, 17, 100_000] {
        let members: Vec<String> =
            (0..size).map(|number| format!("\"k{}\":{number}", number.min(size - 2))).collect();
        let parsed = accepted(&format!("{{{}}}", members.join(",")));
        assert_eq!(parsed.duplicates.len(), 1, "{size} members");
        assert_eq!(parsed.duplicates[0].key, format!("k{}", size - 2));
        assert_eq!(parsed.root.value.as_object().map(|object| object.len()), Some(size - 1));
    }
}

#[test]
fn one_key_a_hundred_thousand_times_is_told_as_often() {
    let text = format!("{{{}\"å\":0}}", "\"å\":1,".repeat(100_000));
    let parsed = accepted(&text);
    assert_eq!(format::compact(&parsed.root.value), r#"{"å":0}"#);
    assert_eq!(parsed.duplicates.len(), 100_000);
    assert_eq!(parsed.duplicates[99_999].place, Place::new("a.json", 1, 600_002));
}

#[test]
fn a_byte_order_mark_is_told_and_counts_nowhere() {
    let source = SourceText::from_bytes("a.json", "\u{feff}{\"a\": x}".into()).expect("UTF-8");
    assert_eq!(source.parse().expect_err("no value").place, Place::new("a.json", 1, 7));
    let parsed = parse("\u{feff}[1]").expect("a mark is accepted");
    assert!(parsed.byte_order_mark);
    assert_eq!(parsed.root.span.start, 0);
    assert!(!accepted("[1]").byte_order_mark);
}

#[test]
fn nesting_has_a_limit() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(format::compact(&accepted(&nested(MAX_DEPTH)).root.value), nested(MAX_DEPTH));
    let error = parse(&nested(MAX_DEPTH + 1)).expect_err("one level too deep");
    assert_eq!(error.message, "lists and objects are nested deeper than 256 levels");
    assert_eq!(error.place, Place::new("a.json", 1, 257));
    for opening in ["[", "{\"a\":", "[{\"a\":[", "[[],"] {
        let error = parse(&opening.repeat(100_000)).expect_err("far too deep");
        assert_eq!(error.message, "lists and objects are nested deeper than 256 levels", "{opening}");
    }
    let wide = format!("[{}[]]", "[[]],".repeat(100_000));
    assert_eq!(accepted(&wide).root.value.as_array().map(<[_]>::len), Some(100_001));
}

#[test]
fn every_beginning_of_a_document_is_refused_at_a_place_inside_it() {
    let text = "{\"å\": [1.5e3, true, \"\\u00e5\\n\", {\"b\": null}], \"c\": -0.1}";
    for (end, _) in text.char_indices() {
        let error = parse(&text[..end]).expect_err("the end is missing");
        assert!(error.place.line == 1 && (1..=58).contains(&error.place.column), "{error}");
    }
}

#[test]
fn a_file_of_fifty_megabytes_is_read() {
    const SIZE: usize = 50_000_000;
    let pipe = r#"{"_id": "pipe", "source": {"type": "dataset", "dataset": "blåbær"}, "n": [1, 2.5]},"#;
    let many = format!("[{}0]", pipe.repeat(SIZE / pipe.len()));
    assert_eq!(accepted(&many).root.value.as_array().map(<[_]>::len), Some(SIZE / pipe.len() + 1));
    let text = format!("\"{}\"", "x".repeat(SIZE));
    assert_eq!(accepted(&text).root.as_str().map(str::len), Some(SIZE));
    let escapes = format!("\"{}\"", "\\n".repeat(SIZE / 2));
    assert_eq!(accepted(&escapes).root.as_str().map(str::len), Some(SIZE / 2));
    let digits = "1".repeat(SIZE);
    assert_eq!(accepted(&digits).root.value, Value::parse_text("b.json", &digits).expect("the same number"));
    let error = parse(&many[..many.len() - 1]).expect_err("the closing bracket is missing");
    assert_eq!(error.place.line, 1);
}
