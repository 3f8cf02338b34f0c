//! Writing JSON: the portal's layout byte for byte, and the two that keep everything as written.

use std::path::PathBuf;

use deployer_core::document::{Member, Value};
use deployer_core::format::{compact, indented, portal, quoted};

fn value(text: &str) -> Value {
    Value::parse_text("test.json", text).expect("the test writes valid JSON")
}

/// Input and the portal's layout of it.
const PORTAL: [(&str, &str); 14] = [
    ("{}", "{}\n"),
    ("[]", "[]\n"),
    (" \"a\" ", "\"a\"\n"),
    ("[[]]", "[\n  []\n]\n"),
    ("[{}]", "[{}]\n"),
    ("{\"a\":{}}", "{\n  \"a\": {}\n}\n"),
    ("[1,\"a\",null]", "[1, \"a\", null]\n"),
    ("{\"a\":[1,2,[3,4]]}", "{\n  \"a\": [1, 2,\n    [3, 4]\n  ]\n}\n"),
    ("{\"a\":[[1],{\"b\":2}]}", "{\n  \"a\": [\n    [1], {\n    \"b\": 2\n  }]\n}\n"),
    (
        "{\"a\":[{\"b\":1},{\"c\":[1,{\"d\":2}]}]}",
        "{\n  \"a\": [{\n    \"b\": 1\n  }, {\n    \"c\": [1, {\n      \"d\": 2\n    }]\n  }]\n}\n",
    ),
    (
        "{\"l\":[[\"x\",[\"y\",[\"z\"]]],\"w\"],\"n\":[[],[]]}",
        "{\n  \"l\": [\n    [\"x\",\n      [\"y\",\n        [\"z\"]\n      ]\n    ], \"w\"],\n  \"n\": [\n    [],\n    []\n  ]\n}\n",
    ),
    (
        "{\"_x\":1,\"pump\":2,\"B\":3,\"a\":4,\"_id\":5,\"$audit\":6,\"sink\":7}",
        "{\n  \"_id\": 5,\n  \"sink\": 7,\n  \"pump\": 2,\n  \"B\": 3,\n  \"a\": 4,\n  \"$audit\": 6,\n  \"_x\": 1\n}\n",
    ),
    ("[1e3, 1.10, 1E-7, -0.0, 1e16]", "[1000.0, 1.1, 1e-07, -0.0, 1e+16]\n"),
    ("\"\\u00e5\\u2028\\u007f\\/\\u001F\\b\\\"\"", "\"å\u{2028}\u{7f}/\\u001f\\b\\\"\"\n"),
];

#[test]
fn the_portal_layout_follows_its_rules() {
    for (text, formatted) in PORTAL {
        assert_eq!(portal(&value(text)), formatted, "{text}");
        assert_eq!(portal(&value(formatted)), formatted, "formatting again changes nothing");
    }
}

#[test]
fn the_portal_layout_is_the_official_formatters() {
    let root = std::env::var_os("DEPLOYER_SHARED").map(PathBuf::from);
    let root = root.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")));
    let file = root.join("golden/format/pairs.jsonl");
    let Ok(pairs) = std::fs::read_to_string(&file) else {
        println!("skipped: no official pairs at {}; set DEPLOYER_SHARED", file.display());
        return;
    };
    for (position, pair) in pairs.lines().enumerate() {
        let pair = value(pair);
        let side = |key: &str| pair.as_object().and_then(|pair| pair.get(key)).and_then(|node| node.as_str());
        let (input, output) = (side("in").expect("a pair has `in`"), side("out").expect("a pair has `out`"));
        assert_eq!(portal(&value(input)), output, "line {}", position + 1);
    }
    assert!(pairs.lines().count() >= 500);
}

#[test]
fn compact_keeps_order_and_number_text() {
    let text = r#"{"b":1.10,"a":[1E5,-0,true,null,{}],"c":{"d":[]}}"#;
    assert_eq!(compact(&value(text)), text);
}

#[test]
fn indented_is_the_layout_of_python() {
    let text = "{\n  \"b\": 1.10,\n  \"a\": [\n    1E5,\n    {\n      \"x\": []\n    },\n    {}\n  ],\n  \"å\": null\n}\n";
    assert_eq!(indented(&value(text)), text);
    assert_eq!(indented(&value("[]")), "[]\n");
    assert_eq!(indented(&value("[[1]]")), "[\n  [\n    1\n  ]\n]\n");
}

#[test]
fn a_literal_escapes_only_what_it_must() {
    assert_eq!(quoted(""), r#""""#);
    assert_eq!(quoted("\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}"), r#""\"\\/\b\f\n\r\t\u0000\u001f""#);
    assert_eq!(quoted("å€𝄞\u{7f}\u{2028}<&>"), "\"å€𝄞\u{7f}\u{2028}<&>\"");
}

#[test]
fn values_that_were_never_text_are_written_too() {
    let built = Value::object([
        Member::new("name", Value::string("x")),
        Member::new("list", Value::array([Value::Number(7_i64.into()), Value::Bool(true)])),
        Member::new("name", Value::Null),
    ]);
    assert_eq!(compact(&built), r#"{"name":null,"list":[7,true]}"#);
}
