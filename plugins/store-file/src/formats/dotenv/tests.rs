//! The forms of dotenv files.

use super::*;

fn text(text: &str) -> Text<'_> {
    Text { file: ".env", text }
}

/// A line of a file, our value of `a`, and those of python-dotenv 1.2.2 (recorded), of `docker run --env-file` 28
/// (<https://docs.docker.com/reference/cli/docker/container/run/#env>, by `cli/kvfile` of docker/cli) and of a POSIX shell
/// (asked by the test). `None` is an error.
type Row =
    (&'static str, Option<&'static str>, Option<&'static str>, Option<&'static str>, Option<&'static str>);

const FORMS: [Row; 34] = [
    ("a=value", Some("value"), Some("value"), Some("value"), Some("value")),
    ("a=#abc", Some("#abc"), Some("#abc"), Some("#abc"), Some("#abc")),
    ("a=%a@1", Some("%a@1"), Some("%a@1"), Some("%a@1"), Some("%a@1")),
    ("a=x#y", Some("x#y"), Some("x#y"), Some("x#y"), Some("x#y")),
    ("a=x=y==", Some("x=y=="), Some("x=y=="), Some("x=y=="), Some("x=y==")),
    ("a=", Some(""), Some(""), Some(""), Some("")),
    ("  a=x", Some("x"), Some("x"), Some("x"), Some("x")),
    ("# a=1\na=x", Some("x"), Some("x"), Some("x"), Some("x")),
    // Comments.
    ("a=x # c", Some("x"), Some("x"), Some("x # c"), Some("x")),
    ("a=x\t# c", Some("x"), Some("x"), Some("x\t# c"), Some("x")),
    ("a= #c", Some(""), Some("#c"), Some(" #c"), Some("")),
    ("a='a b' # c", Some("a b"), Some("a b"), Some("'a b' # c"), Some("a b")),
    // Quotes.
    ("a='#q'", Some("#q"), Some("#q"), Some("'#q'"), Some("#q")),
    ("a=\"#q\"", Some("#q"), Some("#q"), Some("\"#q\""), Some("#q")),
    ("a=\"\"", Some(""), Some(""), Some("\"\""), Some("")),
    ("a=\"x\ny\"", Some("x\ny"), Some("x\ny"), Some("\"x"), Some("x\ny")),
    ("a=x\"y\"", Some("x\"y\""), Some("x\"y\""), Some("x\"y\""), Some("xy")),
    ("a='x'y", None, None, Some("'x'y"), Some("xy")),
    ("a=\"x", None, None, Some("\"x"), None),
    // Backslashes.
    ("a='x\\ny'", Some("x\\ny"), Some("x\\ny"), Some("'x\\ny'"), Some("x\\ny")),
    ("a=\"x\\ny\"", Some("x\ny"), Some("x\ny"), Some("\"x\\ny\""), Some("x\\ny")),
    ("a=\"x\\dy\"", Some("x\\dy"), Some("x\\dy"), Some("\"x\\dy\""), Some("x\\dy")),
    ("a=\"x\\\"y\"", Some("x\"y"), Some("x\"y"), Some("\"x\\\"y\""), Some("x\"y")),
    ("a=\"x\\\\y\"", Some("x\\y"), Some("x\\y"), Some("\"x\\\\y\""), Some("x\\y")),
    ("a=x\\ny", Some("x\\ny"), Some("x\\ny"), Some("x\\ny"), Some("xny")),
    // Variables.
    ("a='$NAME'", Some("$NAME"), Some("$NAME"), Some("'$NAME'"), Some("$NAME")),
    ("a=\"\\$NAME\"", Some("$NAME"), Some("\\$NAME"), Some("\"\\$NAME\""), Some("$NAME")),
    ("a=$NAME", Some("$NAME"), Some("$NAME"), Some("$NAME"), Some("of-the-shell")),
    ("a=${NAME}", Some("${NAME}"), Some("of-the-shell"), Some("${NAME}"), Some("of-the-shell")),
    // Blanks, ends of lines, and several values.
    ("a=x  ", Some("x"), Some("x"), Some("x  "), Some("x")),
    ("a=x y", Some("x y"), Some("x y"), Some("x y"), None),
    ("a = x", Some("x"), Some("x"), None, None),
    ("export a=x", Some("x"), Some("x"), None, Some("x")),
    ("a=1\na=x", None, Some("x"), Some("x"), Some("x")),
];

/// The value of `a` in a POSIX shell that reads the lines as a script.
fn of_shell(lines: &str) -> Option<String> {
    let script = format!("set -e\n{lines}\nprintf '%s' \"$a\"");
    let shell = std::process::Command::new("sh").arg("-c").arg(script).env("NAME", "of-the-shell").output();
    let output = shell.expect("a system with a POSIX shell");
    output.status.success().then(|| String::from_utf8(output.stdout).expect("UTF-8"))
}

/// The value of `a` by the rules of Docker's env files: the rest of the line, as it is.
fn of_docker(lines: &str) -> Option<String> {
    let mut found = None;
    for line in lines.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some((name, value)) = line.split_once('=') else { continue };
        if name.contains([' ', '\t']) {
            return None;
        }
        found = (name == "a").then(|| value.to_owned()).or(found);
    }
    found
}

#[test]
fn each_form_is_read_as_the_table_of_tools_says() {
    for (lines, ours, python, docker, shell) in FORMS {
        let read = read(text(lines)).ok();
        let value = read.as_ref().and_then(|secrets| secrets["a"].as_ref()).map(SecretValue::expose);
        assert_eq!(value, ours, "{lines}");
        assert_eq!(of_shell(lines).as_deref(), shell, "sh: {lines}");
        assert_eq!(of_docker(lines).as_deref(), docker, "docker: {lines}");
        // The README lists these differences from python-dotenv.
        let differs = ["a= #c", "a=\"\\$NAME\"", "a=${NAME}", "a=1\na=x"].contains(&lines);
        assert_eq!(ours != python, differs, "{lines}");
    }
}

#[test]
fn several_names_and_windows_line_ends_are_read() {
    let secrets = read(text("export a = value \r\ndb-password='x\ny'\r\n\n\napi.key=ø\r\n")).unwrap();
    let values: Vec<_> =
        secrets.iter().map(|(name, value)| (name.as_str(), value.as_ref().unwrap().expose())).collect();
    assert_eq!(values, [("a", "value"), ("api.key", "ø"), ("db-password", "x\ny")]);
    assert!(read(text("")).unwrap().is_empty());
}

#[test]
fn what_cannot_be_read_is_told_with_its_place_and_without_a_value() {
    for (lines, place) in [
        ("a=1\nhunter2", ".env:2:1"),
        ("a=1\n =hunter2", ".env:2:2"),
        ("a b=hunter2", ".env:1:1"),
        ("a='hunter2\n", ".env:1:3"),
        ("a=\"hunter2\\", ".env:1:3"),
        ("a='x' hunter2", ".env:1:7"),
        ("\"hunter2\"=1", ".env:1:1"),
    ] {
        let shown = format!("{:?}", read(text(lines)).unwrap_err());
        assert!(shown.contains(place), "{place}: {shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let shown = format!("{:?}", read(text("a=hunter2\nb=1\nexport a=2")).unwrap_err());
    assert!(shown.contains(".env:1:1") && shown.contains(".env:3:8"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}
