use super::*;

fn merged(text: &str, environment: &str) -> (String, Vec<Error>) {
    let text = SourceText::new("deployer.toml", text);
    let (root, problems) = parse(&text);
    assert!(problems.is_empty(), "{problems:?}");
    let (table, problems) = effective(&root, environment, &text);
    let value = Spanned::new(table.span(), DeValue::Table(table.into_inner()));
    let value: toml::Value =
        serde::Deserialize::deserialize(toml::de::ValueDeserializer::from(value)).unwrap();
    (toml::to_string(&value).unwrap(), problems)
}

fn shown(text: &str, environment: &str) -> String {
    let (shown, problems) = merged(text, environment);
    assert!(problems.is_empty(), "{problems:?}");
    shown
}

const BASE: &str = r#"
list = [1, 2]
[stores.main]
kind = "vault"
url = "a"
key = { env = "A", field = "b" }
login = { token = { token = { env = "T" } } }
[stores.main.http]
timeout = 1
"#;

#[test]
fn tables_are_merged_and_values_are_replaced() {
    let text =
        format!("{BASE}[environments.prod]\nlist = [3]\n[environments.prod.stores.main]\nurl = \"b\"\n");
    assert_eq!(shown(&text, "prod"), shown(&BASE.replace("\"a\"", "\"b\"").replace("[1, 2]", "[3]"), "prod"));
    assert_eq!(shown(&text, "test"), shown(BASE, "test"));
}

#[test]
fn another_kind_replaces_the_whole_section() {
    let text = format!("{BASE}[environments.prod.stores.main]\nkind = \"file\"\npath = \"x\"\n");
    assert_eq!(shown(&text, "prod"), "list = [1, 2]\n\n[stores.main]\nkind = \"file\"\npath = \"x\"\n");
}

#[test]
fn an_inline_table_is_merged_like_any_other() {
    let inline =
        format!("{BASE}[environments]\nprod.stores.main = {{ http = {{ retries = 2 }}, url = \"b\" }}\n");
    let written_out = format!(
        "{BASE}[environments.prod.stores.main]\nurl = \"b\"\n[environments.prod.stores.main.http]\nretries = 2\n"
    );
    let shown_inline = shown(&inline, "prod");
    assert_eq!(shown_inline, shown(&written_out, "prod"));
    assert!(shown_inline.contains("retries = 2\ntimeout = 1\n"), "{shown_inline}");
}

#[test]
fn a_credential_and_another_way_to_log_in_replace_the_whole() {
    let text = format!(
        "{BASE}[environments.prod.stores.main]\nkey = {{ file = \"k\" }}\nlogin = {{ approle = {{ role_id = {{ env = \"R\" }} }} }}\n"
    );
    let shown = shown(&text, "prod");
    assert!(shown.contains("[stores.main.key]\nfile = \"k\"\n\n"), "{shown}");
    assert!(shown.contains("login.approle") && !shown.contains("token"), "{shown}");
}

#[test]
fn other_nodes_and_stores_are_added() {
    let text = format!("{BASE}[environments.prod.stores.other]\nkind = \"file\"\n");
    let shown = shown(&text, "prod");
    assert!(shown.contains("[stores.main]") && shown.contains("[stores.other]"), "{shown}");
}

#[test]
fn a_key_is_taken_away_by_unset() {
    let text = format!("{BASE}[environments.prod]\nunset = [\"stores.main.http.timeout\", \"list\"]\n");
    let shown = shown(&text, "prod");
    assert!(!shown.contains("timeout") && !shown.contains("list") && shown.contains("url"), "{shown}");
    for (unset, message) in [
        ("[\"stores.man\"]", "the file has no key `stores.man`"),
        ("[1]", "expected keys with dots"),
        ("\"list\"", "expected a list of keys"),
    ] {
        let (_, problems) = merged(&format!("{BASE}[environments.prod]\nunset = {unset}\n"), "prod");
        assert!(problems[0].message().contains(message), "{problems:?}");
        assert_eq!(problems[0].places()[0].line, 11);
    }
}

#[test]
fn every_error_of_syntax_is_told_without_the_line() {
    let text = SourceText::new("deployer.toml", "a = \"canary\n[ok]\nb = canary2\nc = 1\nc = 2\n");
    let (_, problems) = parse(&text);
    assert!(problems.len() > 1, "{problems:?}");
    let shown = format!("{problems:?}");
    assert!(shown.contains("deployer.toml:1:") && shown.contains("deployer.toml:3:"), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn a_text_that_is_read_again_is_stored_once() {
    let first = kept("number = 7");
    assert!(std::ptr::eq(first, kept("number = 7")));
    assert!(!std::ptr::eq(first, kept("number = 8")));
}
