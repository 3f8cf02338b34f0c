use super::*;

fn filled(vars: &str, text: &str) -> (String, Vec<String>) {
    let vars = JinjaVars::read(&SourceText::new(".jinja_vars", vars)).unwrap();
    let (text, notes) = vars.fill(&SourceText::new("p.json", text));
    let notes = vars.notes.iter().chain(&notes);
    (text.text().to_owned(), notes.map(|note| format!("{} {}", note.places[0], note.message)).collect())
}

#[test]
fn marks_are_filled_in_one_name_after_the_other() {
    let (text, notes) =
        filled("outer=<{{@ inner @}}>\ninner: in\n", r#"{"a": "{{@ outer @}}", "b": "{{@ inner @}}"}"#);
    assert_eq!((text.as_str(), notes.len()), (r#"{"a": "<in>", "b": "in"}"#, 0));
}

#[test]
fn what_stays_is_told_with_its_place_in_the_file_and_why() {
    let text = "{\"a\": \"{{@ long @}} {{@ gone @}}\",\n \"b\": \"{{@long@}} {{@ Long @}}\"}";
    let (_, notes) = filled("long=a longer text", text);
    let expected = [
        "p.json:1:21 the mark {{@ gone @}} stays in the text: .jinja_vars has no value for it",
        "p.json:2:8 the mark {{@ long @}} stays in the text: exactly one blank is needed after `{{@` and before `@}}`",
        "p.json:2:19 the mark {{@ Long @}} stays in the text: names in .jinja_vars are read in lower case",
    ];
    assert_eq!(notes, expected);
}

#[test]
fn a_file_that_the_tool_cannot_read_is_told_with_its_line() {
    for (vars, expected) in [
        ("# rates\nrate=50%\nok=yes", ".jinja_vars:2 a lone % in the value of \"rate\"; write %%;"),
        ("a=1\nno separator", ".jinja_vars:2 the line has no name and no `=` or `:`;"),
        ("a=1\nA=2", ".jinja_vars:2 \"a\" is defined twice;"),
        ("a=%(a)s", ".jinja_vars:1 the value of \"a\" names itself;"),
    ] {
        let (text, notes) = filled(vars, "{{@ a @}}");
        assert_eq!(text, "{{@ a @}}");
        assert!(notes[0].starts_with(expected), "{notes:?}");
    }
}

#[test]
fn places_behind_a_value_are_those_of_the_file() {
    let vars = JinjaVars::read(&SourceText::new(".jinja_vars", "a=one\\ntwo")).unwrap();
    let (text, _) = vars.fill(&SourceText::new("p.json", "{\"k\": {{@ a @}}, \"l\":\n !}"));
    let at = |c: char| text.place(u32::try_from(text.text().find(c).unwrap()).unwrap()).to_string();
    assert_eq!(text.text(), "{\"k\": one\ntwo, \"l\":\n !}");
    assert_eq!(
        [at('o'), at('w'), at('l'), at('!')],
        ["p.json:1:7", "p.json:1:7", "p.json:1:19", "p.json:2:2"]
    );
}
