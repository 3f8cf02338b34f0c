//! The JSON schema of the settings file says the same as the program that reads the file. Judged by a validator that nobody here
//! wrote, and by the engine of the editors' extension.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use deployer_core::document::SourceText;
use deployer_core::plugin::{Family, Plugin, ProcessVariables, Section};
use deployer_testkit::{python, skip_or_fail};
use deployer_tests::workspace;
use sesam_deployer::plugins::{BUILT, find, section_example};
use sesam_deployer::settings::Settings;
use sesam_deployer::{output, schema};

const MASTER: &str = "\n[nodes.master]\ntarget = false\n";

fn schema_file() -> PathBuf {
    workspace().join("docs/deployer.schema.json")
}

#[test]
fn the_committed_schema_is_that_of_a_program_with_all_plugins() {
    let is = std::fs::read_to_string(schema_file()).expect("docs/deployer.schema.json");
    let should_be = output::json::document(&schema::file(BUILT));
    assert!(is == should_be, "docs/deployer.schema.json is stale: run `cargo xtask docs`");
}

/// The examples of all plugins, those of the pages, and the files of the fixtures; each with a name.
fn good() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = BUILT
        .iter()
        .map(|plugin| (format!("the example of {}", plugin.kind), completed(&section_example(plugin))))
        .collect();
    let plugins = std::fs::read_dir(workspace().join("plugins")).expect("a folder").flatten();
    let mut pages: Vec<PathBuf> = plugins.map(|folder| folder.path().join("README.md")).collect();
    pages.extend(
        ["settings", "secrets", "extra-nodes"].map(|page| workspace().join(format!("docs/{page}.md"))),
    );
    pages.sort();
    for page in pages {
        let text = std::fs::read_to_string(&page).expect("a page");
        let blocks = text.split("\n```toml\n").skip(1).filter_map(|rest| rest.split("\n```").next());
        let shown = blocks.filter(|block| block.contains("kind = "));
        files.extend(shown.map(|block| (page.display().to_string(), completed(&format!("{block}\n")))));
    }
    let mut folders = vec![workspace().join("fixtures")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder).expect("a folder").flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.ends_with("deployer.toml") {
                files.push((path.display().to_string(), std::fs::read_to_string(&path).expect("a file")));
            }
        }
    }
    // The plugin of another maker, which a distribution of the fixtures brings, is not in this program.
    files.retain(|(_, text)| !text.contains("kind = \"acme\""));
    files.extend(GOOD.iter().map(|text| ((*text).to_owned(), completed(text))));
    files
}

/// A part of a settings file with what every file needs.
fn completed(text: &str) -> String {
    let environment = if text.contains("environment = ") { "" } else { "environment = \"test\"\n" };
    let master = if text.contains("[nodes.master") { "" } else { MASTER };
    format!("{environment}{text}{master}")
}

/// What the examples do not show.
const GOOD: &[&str] = &[
    "log_level = \"WARNING\"\nlink = { env = \"LINK\" }\n[configuration]\nwhitelist = false\nvariables = [\"a.json\", \"b.json\"]\n",
    // What a section lacks may come from an environment.
    "[stores.main]\nkind = \"vault\"\n[environments.test.stores.main]\nmount = \"secret\"\n[environments.prod.stores.main]\nmount = \"other\"\n",
    // An environment may name another kind, or a part of a table.
    "[stores.main]\nkind = \"vault\"\nmount = \"secret\"\n[environments.prod.stores.main]\nkind = \"environment\"\nprefix = \"\"\n\
     [environments.test.stores.main.http]\ntimeout_seconds = 5\n",
    "[stores.main]\nkind = \"environment\"\nprefix = \"\"\n[secrets.rules]\n\"a-*\" = \"main\"\n[secrets.aliases]\na = \"b\"\nc = { store = \"main\" }\n",
];

/// What neither the schema nor the program takes.
const BROKEN: &[&str] = &[
    "[sauce]\nkind = \"folder\"\n",
    "[source]\npath = \".\"\n",
    "[source]\nkind = \"foldr\"\npath = \".\"\n",
    "[source]\nkind = \"folder\"\n",
    "[source]\nkind = \"folder\"\npath = 1\n",
    "[source]\nkind = \"folder\"\npath = \".\"\nbranch = \"main\"\n",
    "[stores.main]\nkind = \"vault\"\n",
    "[stores.main]\nkind = \"vault\"\nmount = \"a\"\nkv_version = 3\n",
    "[stores.main]\nkind = \"vault\"\nmount = \"a\"\nnaming = \"bundel\"\n",
    "[stores.main]\nkind = \"vault\"\nmount = \"a\"\nlogin = { token = { token = \"literal\" } }\n",
    "[stores.main]\nkind = \"vault\"\nmount = \"a\"\nlogin = { token = { token = { env = \"A\", file = \"b\" } } }\n",
    "[stores.main]\nkind = \"vault\"\nmount = \"a\"\nlogin = { token = {}, cert = {} }\n",
    "[stores.main]\nkind = \"vault\"\nmount = \"a\"\nhttp = { timeout = 5 }\n",
    "[configuration]\nsplit = \"yes\"\n",
    "[configuration]\nlinks = \"ful\"\n",
    "[configuration]\nwhitelist = true\n",
    "[configuration]\nwhitelist = { inclde = [\"pipes/**\"] }\n",
    "[configuration]\nlayout = \"sesam\"\n",
    "[secrets.aliases]\na = { stor = \"main\" }\n",
    "[nodes.extra]\ntarget = false\n",
    "[nodes.master]\n",
    "[nodes.master]\ntarget = true\n",
    "[nodes.master]\ntarget = { kind = \"git\", branch = \"a\" }\n",
    "[notify]\nkind = \"teams\"\nurl = { env = \"A\" }\n",
    "[[notify]]\nkind = \"teams\"\nurl = { env = \"A\" }\nsend = \"sometimes\"\n",
    "[environments.prod]\nenvironment = \"x\"\n",
    "[environments.prod.verify]\nsecret = true\n",
];

/// Broken files: everything but the fault is there.
fn broken() -> Vec<String> {
    let whole = |text: &&str| {
        if text.starts_with("[nodes.") { format!("environment = \"test\"\n{text}") } else { completed(text) }
    };
    BROKEN.iter().map(whole).collect()
}

/// Reads a file as the program would, the sections of its plugins too.
fn read(text: &str) -> Result<(), String> {
    let variables = ProcessVariables::default();
    Settings::from_file("deployer.toml", text, None, &variables).map_err(|error| format!("{error:?}"))?;
    let file: toml::Table = text.parse().map_err(|error| format!("{error}"))?;
    let inner = |name: &str| file.get(name).and_then(|value| value.as_table()).into_iter().flatten();
    let mut sections: Vec<(Family, &toml::Value)> = Vec::new();
    sections.extend(file.get("source").map(|section| (Family::Source, section)));
    sections.extend(inner("stores").map(|(_, section)| (Family::Store, section)));
    let targets = inner("nodes").filter_map(|(_, node)| node.get("target"));
    sections.extend(targets.filter(|target| target.is_table()).map(|target| (Family::Target, target)));
    sections
        .extend(file.get("state").filter(|state| state.is_table()).map(|section| (Family::State, section)));
    let notify = file.get("notify").and_then(|list| list.as_array()).into_iter().flatten();
    sections.extend(notify.map(|section| (Family::Notify, section)));
    let has_environments = file.contains_key("environments");
    sections
        .iter()
        .filter(|_| !has_environments)
        .try_for_each(|(family, section)| read_section(*family, section))
}

fn read_section(family: Family, section: &toml::Value) -> Result<(), String> {
    let mut table = section.as_table().cloned().unwrap_or_default();
    let kind = table.remove("kind").ok_or("no kind")?;
    table.remove("send");
    let plugin: &Plugin =
        find(BUILT, family, kind.as_str().unwrap_or_default()).ok_or(format!("no plugin {kind}"))?;
    let text = SourceText::new("deployer.toml", toml::to_string(&table).map_err(|error| error.to_string())?);
    let section = Section::parse("section", &text).map_err(|error| format!("{error:?}"))?;
    plugin.settings.check(section).map_err(|error| format!("{error:?}"))
}

#[test]
fn the_program_reads_what_is_good_and_refuses_what_is_broken() {
    for (name, text) in good() {
        read(&text).unwrap_or_else(|error| panic!("{name}\n{text}\n{error}"));
    }
    for text in broken() {
        assert!(read(&text).is_err(), "{text}");
    }
}

/// The folder of the programs of a virtual environment; none where there is no Python or network.
fn clients(case: &str) -> Option<PathBuf> {
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/requirements.txt");
    let python = python::venv(&requirements).map_err(|reason| skip_or_fail(case, &reason)).ok()?;
    python.parent().map(Path::to_owned)
}

#[test]
fn an_independent_validator_takes_what_is_good_and_refuses_what_is_broken() {
    let Some(programs) = clients("the schema and jsonschema") else { return };
    let good = good();
    let texts: Vec<String> = good.iter().map(|(_, text)| text.clone()).chain(broken()).collect();
    let mut validator = Command::new(programs.join("python"))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/validate_settings.py"))
        .arg(schema_file())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let input = serde_json::to_vec(&texts).expect("it is JSON");
    validator.stdin.take().expect("a pipe").write_all(&input).expect("it reads");
    let output = validator.wait_with_output().expect("it ends");
    let said = String::from_utf8(output.stdout).expect("a text");
    let verdicts: Vec<&str> = said.lines().collect();
    assert_eq!(verdicts.len(), texts.len(), "{said}");
    let (takes, refuses) = verdicts.split_at(good.len());
    for ((name, text), verdict) in good.iter().zip(takes) {
        assert_eq!(*verdict, "valid", "{name}\n{text}");
    }
    for (text, verdict) in broken().iter().zip(refuses) {
        assert!(verdict.starts_with("invalid"), "{text}");
    }
}

#[test]
fn the_engine_of_the_editors_extension_says_the_same() {
    let Some(programs) = clients("the schema and taplo") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let check = |text: &str| {
        let file = folder.path().join("deployer.toml");
        // As people name it: in the first line of the file.
        let schema = format!("#:schema file://{}\n", schema_file().display());
        std::fs::write(&file, schema + text).expect("writable");
        let taplo = Command::new(programs.join("taplo"))
            .args(["check", "--colors", "never"])
            .arg(&file)
            .current_dir(folder.path())
            .output()
            .expect("taplo starts");
        (taplo.status.success(), String::from_utf8_lossy(&taplo.stderr).into_owned())
    };
    for (name, text) in good() {
        let (takes, said) = check(&text);
        assert!(takes, "{name}\n{text}\n{said}");
    }
    for text in broken() {
        assert!(!check(&text).0, "{text}");
    }
}
