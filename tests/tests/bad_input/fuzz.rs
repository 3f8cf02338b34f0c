//! Whatever stands in a settings file, reading it and building all that it names ends with a result or an error.

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use deployer_core::plugin::{Context, Family, ProcessVariables};
use sesam_deployer::plugins::table;
use sesam_deployer::settings::Settings;

/// A file in which every kind of section stands once, of which pieces are taken, changed and put together anew.
const WHOLE: &str = include_str!("whole.toml");

/// Values of every type, among them such as mean something somewhere.
const VALUES: [&str; 34] = [
    "\"\"",
    "\"test\"",
    "\"main\"",
    "\"folder\"",
    "\"node\"",
    "\"git\"",
    "\"vault\"",
    "\"{environment}/{x}\"",
    "\"a/../b\"",
    "\"https://u:p@host\"",
    "\"http://host\"",
    "\"host:99999999\"",
    "\"git@host:a/b.git\"",
    "\"blåbær \\u0000\"",
    "'''\n'''",
    "0",
    "-1",
    "9223372036854775807",
    "1e309",
    "nan",
    "true",
    "false",
    "1979-05-27T07:32:00Z",
    "[]",
    "[\"main\", \"main\"]",
    "[1, \"a\", {}]",
    "{}",
    "{ env = \"TOKEN\" }",
    "{ env = \"ABSENT\", field = [] }",
    "{ file = \"absent\" }",
    "{ command = [\"true\"] }",
    "{ command = [] }",
    "{ kind = \"node\" }",
    "{ a = { b = { c = [{}] } } }",
];

/// Pieces that make rubbish which is almost TOML.
const PIECES: [&str; 20] = [
    "[", "]", "[[", "]]", "{", "}", "=", ".", ",", "\"", "'", "\"\"\"", "\\", "#", "\n", " ", "a", "1", "é",
    "\u{0}",
];

/// Reads, checks, shows and builds; says whether it could be read.
fn run(text: &str, environment: Option<&str>) -> bool {
    let variables: ProcessVariables = [("TOKEN", "token-of-nothing")].into_iter().collect();
    let Ok(settings) = Settings::from_file("deployer.toml", text, environment, &variables) else {
        return false;
    };
    let table = table(&[]).expect("no kind stands twice");
    let checked = settings.check(&table);
    let effective = settings.effective(&table);
    assert_eq!(checked.is_ok(), effective.is_ok());
    if let Ok(shown) = &effective {
        sesam_deployer::output::settings::text(&settings, shown, Default::default());
        sesam_deployer::output::settings::json(&settings, shown);
    }
    let context = Context::new(settings.environment.clone()).with_variables(variables);
    // Whether it can be built is up to the text; that it comes to an end is what is shown.
    let families = [Family::Source, Family::Store, Family::Target, Family::Notify, Family::State];
    let _ = settings.build(&table, &context, &families);
    true
}

fn environment(u: &mut Unstructured<'_>) -> Result<Option<&'static str>> {
    u.choose(&[None, Some("test"), Some("prod"), Some("../x")]).copied()
}

/// The lines of the whole file: some left out, doubled, moved, or with another value.
fn shaped(u: &mut Unstructured<'_>) -> Result<String> {
    let mut lines: Vec<String> = WHOLE.lines().map(str::to_owned).collect();
    for _ in 0..u.int_in_range(0..=8)? {
        let at = u.choose_index(lines.len())?;
        let other = u.choose_index(lines.len())?;
        match u.int_in_range(0..=4)? {
            0 => drop(lines.remove(at)),
            1 => lines.insert(other, lines[at].clone()),
            2 => lines.swap(at, other),
            3 => {
                let value = *u.choose(&VALUES)?;
                if let Some((key, _)) = lines[at].clone().split_once('=') {
                    lines[at] = format!("{key}= {value}");
                }
            }
            _ => {
                let place = lines[at].char_indices().map(|(place, _)| place).nth(u.int_in_range(0..=20)?);
                lines[at].insert_str(place.unwrap_or(0), u.choose(&PIECES)?);
            }
        }
    }
    Ok(lines.join("\n"))
}

#[test]
fn the_whole_file_can_be_used() {
    let variables: ProcessVariables = [("TOKEN", "token-of-nothing")].into_iter().collect();
    for environment in ["test", "prod"] {
        let settings = Settings::from_file("deployer.toml", WHOLE, Some(environment), &variables);
        let settings = settings.unwrap_or_else(|error| panic!("{error:?}"));
        let table = table(&[]).expect("no kind stands twice");
        settings.check(&table).unwrap_or_else(|error| panic!("{error:?}"));
        assert!(run(WHOLE, Some(environment)));
    }
}

#[test]
fn arbitrary_bytes_never_panic() {
    arbtest(|u| {
        let bytes: Vec<u8> = u.arbitrary()?;
        run(&String::from_utf8_lossy(&bytes), environment(u)?);
        let pieces: Vec<usize> = u.arbitrary()?;
        let text: String = pieces.iter().map(|at| PIECES[at % PIECES.len()]).collect();
        run(&text, environment(u)?);
        Ok(())
    });
}

#[test]
fn what_is_shaped_like_settings_never_panics() {
    arbtest(|u| {
        let text = shaped(u)?;
        run(&text, environment(u)?);
        Ok(())
    });
}
