//! Every case of the filter, the blacklist, deletes, numbers and the comparison that was measured with Sesam's command-line tool.

use super::*;
use crate::spec::read_spec;

pub(crate) fn list(text: &str) -> Vec<Json> {
    super::list(text.as_bytes(), "the test", &numbers::of_file).expect("the test writes a list of objects")
}

fn spec(text: &str) -> Spec {
    read_spec(&SourceText::new("expected/x.test.json", text)).expect("the test writes a valid spec").0
}

fn compare(answer: &str, spec_text: &str, expected: &str) -> Verdict {
    verdict(answer.as_bytes(), &spec(spec_text), expected.as_bytes(), Options::default()).0
}

/// `same`, `length`, `content`, `bytes` or `broken`.
fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Length { .. } => "length",
        Verdict::Content(_) => "content",
        Verdict::Bytes(_) => "bytes",
        Verdict::Broken(_) => "broken",
    }
}

#[test]
fn the_nodes_side_is_filtered_and_the_expected_side_is_not() {
    for (answer, spec, expected, verdict) in [
        (
            r#"[{"_id": "1", "_updated": 3, "_hash": "ab", "_deleted": false, "n": "Åse"}]"#,
            "{}",
            r#"[{"_id": "1", "n": "\u00c5se"}]"#,
            "same",
        ),
        (
            r#"[{"_id": "1", "_previous": 1, "_ts": 2, "_filtered": true, "_tracked": true}]"#,
            "{}",
            r#"[{"_id": "1"}]"#,
            "same",
        ),
        (
            r#"[{"_id": "1", "o": {"_x": 1, "y": [{"_z": 2}]}}]"#,
            "{}",
            r#"[{"_id": "1", "o": {"y": [{}]}}]"#,
            "same",
        ),
        (
            r#"[{"_id": "1", "ns:_x": 1, "$ids": [], "$children": [], "$replaced": true}]"#,
            "{}",
            r#"[{"_id": "1", "ns:_x": 1, "$ids": [], "$children": [], "$replaced": true}]"#,
            "same",
        ),
        (r#"[{"_id": "1"}]"#, "{}", r#"[{"_id": "1", "_hash": "ab"}]"#, "content"),
        (r#"[{"_id": "1", "a": 1, "b": 2}]"#, "{}", r#"[{"b": 2, "a": 1, "_id": "1"}]"#, "same"),
        (r#"[{"_id": "1", "l": [1, 2]}]"#, "{}", r#"[{"_id": "1", "l": [2, 1]}]"#, "content"),
        (r#"[{"_id": "1", "n": true}]"#, "{}", r#"[{"_id": "1", "n": 1}]"#, "content"),
        ("[{\"_id\": \"\u{e5}\"}]", "{}", "[{\"_id\": \"a\u{30a}\"}]", "content"),
        (r#"[{"_id": "1", "a": 1, "a": 2}]"#, "{}", r#"[{"_id": "1", "a": 2}]"#, "same"),
        (r#"[{"_id": "b"}, {"_id": "a"}]"#, "{}", "\u{feff}[{\"_id\": \"a\"}, {\"_id\": \"b\"}]", "same"),
        (r#"[{"_id": "a"}]"#, "{}", r#"[{"_id": "a"}, {"_id": "b"}]"#, "length"),
        ("[]", "{}", "[]", "same"),
        (r#"{"_id": "a"}"#, "{}", "[]", "broken"),
        ("[]", "{}", "{}", "broken"),
        ("[]", "{}", "[1]", "broken"),
        (r#"[{"_id": "a", "n": NaN}]"#, "{}", "[]", "broken"),
        (r#"[{"_id": "a"}, {"x": 1}]"#, "{}", "[]", "broken"),
        (r#"[{"_id": "a"}"#, "{}", r#"[{"_id": "a"}]"#, "broken"),
    ] {
        assert_eq!(word(&compare(answer, spec, expected)), verdict, "{answer} {spec} {expected}");
    }
}

#[test]
fn deletes_are_dropped_unless_they_are_expected() {
    let (off, ids) =
        (r#"{"ignore_deletes": false}"#, r#"{"blacklist": ["_id"], "fields_to_sort_by": ["n"]}"#);
    for (answer, spec, expected, verdict) in [
        (r#"[{"_id": "a"}, {"_id": "b", "_deleted": true, "n": 1}]"#, "{}", r#"[{"_id": "a"}]"#, "same"),
        (
            r#"[{"_id": "b", "_deleted": true, "n": 1}]"#,
            "{}",
            r#"[{"_id": "b", "_deleted": true, "n": 1}]"#,
            "same",
        ),
        (
            r#"[{"_id": "b", "_deleted": true, "n": 1}]"#,
            "{}",
            r#"[{"_id": "b", "_deleted": true, "n": 2}]"#,
            "content",
        ),
        (r#"[{"_id": "b", "_deleted": true}]"#, "{}", r#"[{"_id": "b"}]"#, "length"),
        (r#"[{"_id": "b", "_deleted": true}]"#, off, "[]", "length"),
        (r#"[{"_id": "b", "_deleted": true}]"#, off, r#"[{"_id": "b", "_deleted": true}]"#, "same"),
        (r#"[{"_id": "b", "_deleted": true}]"#, r#"{"ignore_deletes": "true"}"#, "[]", "length"),
        (r#"[{"_id": "b", "_deleted": 1}]"#, "{}", r#"[{"_id": "b"}]"#, "same"),
        (
            r#"[{"_id": "b", "_deleted": true}]"#,
            r#"{"blacklist": ["_deleted"]}"#,
            r#"[{"_id": "b"}]"#,
            "same",
        ),
        (r#"[{"_id": "b", "_deleted": true, "n": 1}]"#, ids, "[]", "broken"),
        (r#"[{"_id": "b", "n": 2}, {"_id": "c", "n": 1}]"#, ids, r#"[{"n": 1}, {"n": 2}]"#, "same"),
    ] {
        assert_eq!(word(&compare(answer, spec, expected)), verdict, "{answer} {spec} {expected}");
    }
}

#[test]
fn numbers_and_transit_texts_match_as_measured() {
    for (node, file, verdict) in [
        ("1.0", "1", "same"),
        ("1.0", "1.0", "content"),
        ("1e3", "1000", "same"),
        ("1e15", "1000000000000000", "same"),
        ("-0.0", "0", "same"),
        ("1.10", "1.1", "same"),
        ("1e-7", "1e-07", "same"),
        ("1e16", "1e16", "same"),
        ("1e16", "10000000000000000", "content"),
        ("1e300", "1e+300", "same"),
        ("12345678901234567", "12345678901234568", "same"),
        ("12345678901234567", "12345678901234567", "content"),
        ("-9999999999999999", "-10000000000000000", "same"),
        ("9999999999999999", "9999999999999999", "same"),
        ("true", "true", "same"),
        (r#""~f1.0""#, r#""~f1.0""#, "same"),
        (r#""~f1.0""#, "1", "content"),
        (r#""~t2020-01-01T00:00:00Z""#, r#""~t2020-01-01T00:00:00.000Z""#, "content"),
        (r#""~:a:b""#, r#""~:a:b""#, "same"),
    ] {
        let entity = |value: &str| format!(r#"[{{"_id": "1", "n": {value}}}]"#);
        assert_eq!(word(&compare(&entity(node), "{}", &entity(file))), verdict, "{node} {file}");
    }
    let exact = Options { exact_integers: true, ..Options::default() };
    let text = br#"[{"_id": "1", "n": 12345678901234567}]"#;
    assert_eq!(verdict(text, &spec("{}"), text, exact), (Verdict::Same, vec![]));
}

#[test]
fn the_blacklist_drops_the_measured_members() {
    for (pattern, entity, left) in [
        ("x", r#"{"x":1,"o":{"x":1}}"#, r#"{"o":{"x":1}}"#),
        ("foo", r#"{"foobar":1}"#, r#"{"foobar":1}"#),
        ("o.x", r#"{"o":{"x":1}}"#, r#"{"o":{}}"#),
        ("o.x", r#"{"o":[{"x":1}]}"#, r#"{"o":[{}]}"#),
        ("o.x", r#"{"o":[[{"x":1}]]}"#, r#"{"o":[[{}]]}"#),
        ("o.*.x", r#"{"o":{"A":{"x":1}}}"#, r#"{"o":{"A":{}}}"#),
        ("o[].x", r#"{"o":{"A":{"x":1}}}"#, r#"{"o":{"A":{}}}"#),
        ("o.*.x", r#"{"o":[{"x":1}]}"#, r#"{"o":[{"x":1}]}"#),
        ("o[].x", r#"{"o":[{"x":1}]}"#, r#"{"o":[{"x":1}]}"#),
        ("o.*", r#"{"o":{"A":1}}"#, r#"{"o":{}}"#),
        ("o", r#"{"o":{"A":1}}"#, "{}"),
        ("*x", r#"{"ax":1,"o":{"bx":1}}"#, r#"{"o":{}}"#),
        ("**x", r#"{"ax":1,"o":{"bx":1}}"#, r#"{"o":{}}"#),
        ("a.b", r#"{"a.b":1}"#, "{}"),
        (r"a\\.b", r#"{"a.b":1}"#, r#"{"a.b":1}"#),
        ("a?", r#"{"ab":1,"a":1}"#, r#"{"a":1}"#),
        ("[ab]", r#"{"a":1,"c":1}"#, r#"{"c":1}"#),
        ("[!ab]", r#"{"a":1,"c":1}"#, r#"{"a":1}"#),
        ("X", r#"{"x":1}"#, r#"{"x":1}"#),
        ("ns:x", r#"{"ns:x":1}"#, "{}"),
        ("[", r#"{"[":1}"#, "{}"),
    ] {
        let spec = format!(r#"{{"blacklist": ["{pattern}"]}}"#);
        let verdict = compare(&format!("[{entity}]"), &spec, &format!("[{left}]"));
        assert_eq!(verdict, Verdict::Same, "{pattern} {entity}");
    }
    let spec = r#"{"blacklist": ["_id"], "fields_to_sort_by": ["n"]}"#;
    assert_eq!(compare(r#"[{"_id": "x", "n": 1}]"#, spec, r#"[{"n": 1}]"#), Verdict::Same);
}

#[test]
fn patterns_and_numbers_that_can_never_match_are_warnings() {
    let spec = spec(r#"{"blacklist": ["a\\.b", "l[].x", "used"]}"#);
    let answer = br#"[{"_id": "1", "a.b": 1, "l": [{"x": 1}], "used": 1}]"#;
    let expected = br#"[{"_id": "1", "a.b": 1.0, "l": [{"x": 12345678901234567}]}]"#;
    let (verdict, warnings) = verdict(answer, &spec, expected, Options::default());
    assert_eq!(word(&verdict), "content");
    assert_eq!(
        warnings,
        [
            "the expected number 1.0 never matches: the node's number is compared as 1",
            "the expected number 12345678901234567 never matches: the node's number is compared as 12345678901234568",
            "the blacklist pattern \"a\\\\.b\" matches nothing; write `a.b` for the key \"a.b\"",
            "the blacklist pattern \"l[].x\" matches nothing; lists add nothing to a path, so write `list.key`",
        ]
    );
}

#[test]
fn a_mismatch_names_entity_and_path() {
    let answer = r#"[{"_id": "a", "o": {"x": [1, 2]}}, {"_id": "new"}]"#;
    let expected = r#"[{"_id": "a", "o": {"x": [1, 3], "y": 1}}, {"_id": "gone", "n": 1}]"#;
    let Verdict::Content(compared) = compare(answer, "{}", expected) else { panic!("the contents differ") };
    let shown: Vec<String> = compared
        .differences
        .iter()
        .map(|it| format!("{} {}: {:?} {:?}", it.entity, it.path, it.expected, it.got))
        .collect();
    assert_eq!(
        shown,
        [
            r#"a o.x[1]: Some("3") Some("2")"#,
            r#"a o.y: Some("1") None"#,
            r#"gone : Some("{\"_id\": \"gone\", \"n\": 1}") None"#,
            r#"new : None Some("{\"_id\": \"new\"}")"#,
        ]
    );
    assert!(compared.expected.starts_with("[\n  {\n    \"_id\": \"a\""), "{}", compared.expected);
}

#[test]
fn bytes_and_xml_are_compared_as_measured() {
    let (csv, xml) = (r#"{"endpoint": "csv"}"#, r#"{"endpoint": "xml"}"#);
    let declared = |text: &str| format!("<?xml version='1.0' encoding='utf-8'?>\n{text}");
    let line = "<a><b>1</b><c></c></a>";
    for (answer, spec, expected, verdict) in [
        ("a;b\r\n", csv, "a;b\r\n", "same"),
        ("a;b\r\n", csv, "a;b\n", "bytes"),
        (line, xml, "<a><b>1</b><c/></a>", "same"),
        (line, xml, "<a>\n  <b>1</b>\n  <c/>\n</a>", "same"),
        (line, xml, "<a>\n    <b>1</b>\n    <c/>\n</a>", "bytes"),
        ("<a>\n    <b/>\n</a>", xml, "<a>\n    <b/>\n</a>", "same"),
        (&declared(line), xml, line, "bytes"),
        (&declared(line), xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a><b>1</b><c/></a>", "same"),
        (
            "<?xml version='1.0' standalone='no'?><a/>",
            xml,
            "<?xml version='1.0' standalone='yes'?><a/>",
            "same",
        ),
        ("<?xml version='1.0' standalone='no'?><a/>", xml, "<?xml version='1.0'?><a/>", "bytes"),
        ("<a x='1' y='2'/>", xml, "<a y='2' x='1'/>", "bytes"),
        ("<a x='1'/>", xml, "<a x=\"1\"/>", "same"),
        ("<p:a xmlns:p='u'/>", xml, "<q:a xmlns:q='u'/>", "bytes"),
        ("<a>&lt;&#229;</a>", xml, "<a>&lt;å</a>", "same"),
        ("not xml", xml, "not xml", "same"),
        ("<a>", xml, "<a/>", "bytes"),
    ] {
        assert_eq!(word(&compare(answer, spec, expected)), verdict, "{answer} {expected}");
    }
}

#[test]
fn update_writes_the_canonical_bytes() {
    let answer = r#"[{"_id": "b", "_hash": "x", "t": "<å & \"q\">", "n": 1.0, "e": {}, "l": []}, {"_id": "a", "_deleted": true}]"#;
    let text = expected_text(answer.as_bytes(), &spec("{}"), Options::default()).unwrap();
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "[\n  {\n    \"_id\": \"b\",\n    \"e\": {},\n    \"l\": [],\n    \"n\": 1,\n    \"t\": \"\\u003cå \\u0026 \\\"q\\\"\\u003e\"\n  }\n]\n"
    );
    assert_eq!(expected_text(b"[]", &spec("{}"), Options::default()).unwrap(), b"[]\n");
    let csv = spec(r#"{"endpoint": "csv"}"#);
    assert_eq!(expected_text(b"a\r\n", &csv, Options::default()).unwrap(), b"a\r\n");
    assert!(expected_text(b"[{\"n\": NaN}]", &spec("{}"), Options::default()).is_err());
}

/// A small generator: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn value(&mut self, depth: u64) -> String {
        const NUMBERS: [&str; 12] = [
            "0",
            "-0",
            "1.0",
            "-0.0",
            "1e3",
            "1e16",
            "1e-7",
            "0.1",
            "12345678901234567",
            "-9999999999999999",
            "1e300",
            "123456789012345678901234",
        ];
        const TEXTS: [&str; 8] =
            ["", "å", "<a & b>", "~f1.0", "~t2020-01-01T00:00:00Z", "\\u0001\\n", "\\\"", "\u{10348}"];
        match self.below(if depth == 0 { 4 } else { 6 }) {
            0 => NUMBERS[self.below(12) as usize].to_owned(),
            1 => format!("\"{}\"", TEXTS[self.below(8) as usize]),
            2 => ["true", "false", "null"][self.below(3) as usize].to_owned(),
            3 => self.below(1_000_000).to_string(),
            4 => {
                let items: Vec<String> = (0..self.below(4)).map(|_| self.value(depth - 1)).collect();
                format!("[{}]", items.join(", "))
            }
            _ => self.object(depth - 1, None),
        }
    }

    fn object(&mut self, depth: u64, id: Option<u64>) -> String {
        const KEYS: [&str; 10] = ["a", "b.c", "ns:x", "_hash", "_deleted", "$ids", "Å", "list", "x", "_x"];
        let mut members: Vec<String> = id.map(|id| format!("\"_id\": \"{id}\"")).into_iter().collect();
        for _ in 0..self.below(6) {
            members.push(format!("\"{}\": {}", KEYS[self.below(10) as usize], self.value(depth)));
        }
        format!("{{{}}}", members.join(", "))
    }
}

#[test]
fn verify_passes_after_update_for_random_entities() {
    const SPECS: [&str; 5] = [
        "{}",
        r#"{"ignore_deletes": false}"#,
        r#"{"blacklist": ["a", "*x", "list.*"]}"#,
        r#"{"blacklist": ["?", "b.c"], "ignore_deletes": false}"#,
        r#"{"fields_to_sort_by": ["_id", "_id"]}"#,
    ];
    let mut random = Random(20);
    for round in 0..500 {
        let entities: Vec<String> = (0..random.below(6))
            .map(|_| {
                let id = random.below(10);
                random.object(3, Some(id))
            })
            .collect();
        let answer = format!("[{}]", entities.join(", "));
        for (number, options) in
            [Options::default(), Options { exact_integers: true, plain_signs: true }].into_iter().enumerate()
        {
            let spec = spec(SPECS[(round + number) % SPECS.len()]);
            let expected = expected_text(answer.as_bytes(), &spec, options).expect("the ids are texts");
            let (verdict, _) = verdict(answer.as_bytes(), &spec, &expected, options);
            assert_eq!(verdict, Verdict::Same, "{answer}");
        }
    }
}
