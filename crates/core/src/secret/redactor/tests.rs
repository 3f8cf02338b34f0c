use super::*;

fn redactor(secrets: &[(&str, &str)]) -> Redactor {
    let redactor = Redactor::default();
    for (name, value) in secrets {
        redactor.add(name, &SecretValue::new(*value));
    }
    redactor
}

#[test]
fn a_value_is_masked_in_every_encoding_and_reported_by_name() {
    let redactor =
        redactor(&[("db", "a \"quoted\"\t/\\value ø"), ("pin", "1234"), ("word", "with blanks in it")]);
    let cases = [
        ("as it is", r#"x a "quoted"	/\value ø y"#, "x [secret] y"),
        ("in JSON", r#"{"x": "a \"quoted\"\t/\\value ø", "y": 1234}"#, r#"{"x": "[secret]", "y": 1234}"#),
        ("in JSON in ASCII", r#""a \"quoted\"\t\/\\value \u00f8""#, r#""[secret]""#),
        (
            "in JSON in JSON",
            r#""{\"x\": \"a \\\"quoted\\\"\\t/\\\\value ø\"}""#,
            r#""{\"x\": \"[secret]\"}""#,
        ),
        ("in Debug", r#""a \"quoted\"\t/\\value \u{f8}""#, r#""[secret]""#),
        ("in a path", "/a%20%22quoted%22%09%2F%5Cvalue%20%C3%B8/b", "/[secret]/b"),
        ("in lower case", "/a%20%22quoted%22%09/%5cvalue%20%c3%b8?b", "/[secret]?b"),
        ("in a form", "a=a+%22quoted%22%09%2F%5Cvalue+%C3%B8&b=1", "a=[secret]&b=1"),
        ("in a form", "a=with+blanks+in+it&b=1", "a=[secret]&b=1"),
        ("in no secret", r"C:\temp\new 100% %zz \u12 1234", r"C:\temp\new 100% %zz \u12 1234"),
    ];
    for (case, text, expected) in cases {
        assert_eq!(redactor.mask(text).0, expected, "{case}");
    }
    assert_eq!(redactor.mask(cases[2].1).1, ["db"]);
    assert_eq!(redactor.mask(cases[9].1).1, Vec::<String>::new());
}

#[test]
fn an_escaped_value_is_masked_at_its_place_among_other_lines() {
    let redactor = redactor(&[("db", "a \"quoted\" value/ø")]);
    let escaped = r#"a \"quoted\" value/ø"#;
    let percent = "a%20%22quoted%22%20value%2F%C3%B8";
    let text = format!("å\n\n  {escaped} {escaped}\nplain\n/{percent}/\r\n100 %\n{escaped}");
    let masked = "å\n\n  [secret] [secret]\nplain\n/[secret]/\r\n100 %\n[secret]";
    assert_eq!(redactor.mask(&text), (masked.to_owned(), vec!["db".to_owned()]));
    assert!(redactor.finds(&text) && !redactor.finds("100 %\n\\n") && redactor.masked("").is_none());
}

#[test]
fn base64_is_masked_at_any_alignment_in_both_alphabets() {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let value = "hunter2?>~hunter2";
    let redactor = redactor(&[("pw", value)]);
    for user in ["", "a", "ab", "abc", "kari"] {
        for encoded in
            [STANDARD.encode(format!("{user}{value}")), URL_SAFE_NO_PAD.encode(format!("{user}{value}:"))]
        {
            let (masked, names) = redactor.mask(&format!("Basic {encoded}"));
            assert!(masked.contains("[secret]") && names == ["pw"], "{user}: {masked}");
            let left = masked.replace("Basic ", "").replace("[secret]", "");
            assert!(left.len() <= (user.len() + 3).div_ceil(3) * 4 + 4, "{user}: {masked}");
        }
    }
}

#[test]
fn the_members_of_an_object_are_masked_with_their_path() {
    let redactor =
        redactor(&[("db", r#"{"user": "kari", "auth": {"password": "hunter2\"hunter2"}, "pin": 12345678}"#)]);
    let (masked, names) = redactor.mask(r#"{"password":"hunter2\"hunter2","user":"kari","pin":12345678}"#);
    assert_eq!(masked, r#"{"password":"[secret]","user":"kari","pin":[secret]}"#);
    assert_eq!(names, ["db.auth.password", "db.pin"]);
}

#[test]
fn lines_of_a_value_are_masked_and_not_reported() {
    let redactor = redactor(&[("key", "-----BEGIN KEY-----\n  aaaa\"bbbb\ncccccccc\n-----END KEY-----\n")]);
    let (masked, found) = redactor.mask(r#"  aaaa"bbbb; "aaaa\"bbbb"; cccccccc; -----BEGIN KEY-----"#);
    assert_eq!(masked, r#"  [secret]; "[secret]"; [secret]; -----BEGIN KEY-----"#);
    assert!(found.is_empty());
    let (_, found) = redactor.mask("-----BEGIN KEY-----\\n  aaaa\\\"bbbb\\ncccccccc\\n-----END KEY-----\\n");
    assert_eq!(found, ["key"]);
}

#[test]
fn values_that_overlap_or_contain_each_other_leave_no_rest() {
    let redactor =
        redactor(&[("short", "password"), ("long", "password-of-kari"), ("next", "of-kari-and-ola")]);
    let (masked, found) = redactor.mask("password-of-kari, password");
    assert_eq!(masked, "[secret], [secret]");
    assert_eq!(found, ["long", "short"]);
    let (masked, found) = redactor.mask("<password-of-kari-and-ola>");
    assert_eq!(masked, "<[secret]>");
    assert_eq!(found, ["long", "next"]);
}

#[test]
fn a_value_is_indexed_once_however_often_it_is_added() {
    let redactor = redactor(&[("a", "12345678"), ("a", "12345678")]);
    let once = format!("{redactor:?}");
    redactor.add("a", &SecretValue::new("12345678"));
    assert_eq!(format!("{redactor:?}"), once);
    assert_eq!(redactor.mask("").0, "");
    assert_eq!(redactor.mask("1234567").0, "1234567");
}
