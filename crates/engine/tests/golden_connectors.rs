//! Recorded runs of Sesam's command-line tool on connectors and on folders with `.jinja_vars`: the same folder gives the same entities, node
//! metadata and variables. What differs on purpose is asserted.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use deployer_connector::{Connector, Options};
use deployer_core::document::{SourceText, Value};
use deployer_core::error::{Error, Note};
use deployer_core::format;
use deployer_core::model::{Entity, EntityKind, NodeName};
use deployer_core::{Redactor, Result};
use deployer_engine::connect::LinkRule;
use deployer_engine::run::{
    Checked, Configuration, Connectors, DeployNode, Deployment, FolderLayout, Order, Policy, Runner, Safety,
    Silent, Verify,
};
use deployer_engine::stages::{Glob, Guard, Protection, Routes, Strictness, SystemSecrets, Whitelist};
use deployer_testkit::fakes::{MemorySource, Script};
use tokio_util::sync::CancellationToken;

/// The recorded cases: what `DEPLOYER_SHARED` names, else `shared` beside the workspace.
fn recorded() -> Option<PathBuf> {
    let beside =
        || Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).map(|above| above.join("shared"));
    let folder = std::env::var_os("DEPLOYER_SHARED").map(PathBuf::from).or_else(beside)?;
    let folder = folder.join("golden/connectors");
    folder.is_dir().then_some(folder)
}

#[tokio::test]
async fn recorded_folders_give_what_the_tool_uploads() {
    let Some(recorded) = recorded() else {
        eprintln!(
            "skipped: recorded connectors: the folder of recorded cases is missing; set DEPLOYER_SHARED to its path"
        );
        return;
    };
    let mut cases: Vec<PathBuf> =
        fs::read_dir(&recorded).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|case| case.join("in").is_dir());
    cases.sort();
    assert!(!cases.is_empty(), "{} contains no case", recorded.display());
    let mut failures = Vec::new();
    for folder in cases {
        let case = Case::read(&folder);
        println!("case {}", case.name);
        if let Err(difference) = case.check().await {
            failures.push(format!("{}: {difference}", case.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

struct Case {
    name: String,
    folder: PathBuf,
}

impl Case {
    fn read(folder: &Path) -> Self {
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        Self { name, folder: folder.to_owned() }
    }

    fn number(&self) -> &str {
        &self.name[..2]
    }

    fn document(&self, name: &str) -> Option<Value> {
        let text = fs::read_to_string(self.folder.join(name)).ok()?;
        Some(Value::parse_text(name, &text).expect("recorded files are JSON"))
    }

    async fn check(&self) -> Result<(), String> {
        match self.number() {
            // A node needs the system that a parameter names.
            "04" => {
                let notes =
                    ["templates/any.json:12:25 {{@ path @}} reaches datatype third only from an earlier"];
                return self.check_refused("system \"other\" does not exist", &notes).await;
            }
            // A node cannot have a pipe and a system of one id.
            "13" => {
                let notes = [
                    "the key \"berth\" is defined twice",
                    "xxxxxx-berth-transform is made twice",
                    "node has the type \"metadata\" and is ignored",
                ];
                return self.check_refused("xxxxxx-berth-collect", &notes).await;
            }
            "16" => return self.check_profile_in_a_folder().await,
            _ => {}
        }
        let mut configuration = configuration();
        match self.number() {
            "17" => configuration.connectors.system = Some("harbour-2".to_owned()),
            "18" => configuration.whitelist = Whitelist::list("list.txt"),
            "70" => {
                configuration.folder = "hub".to_owned();
                configuration.variables = Vec::new();
                configuration.connectors.folders =
                    vec!["harbour-connector".to_owned(), "rail-connector".to_owned()];
            }
            _ => {}
        }
        let checked = self.deployment(configuration.clone()).check(&runner()).await;
        if let Some(expected) = self.document("error.json") {
            return match checked {
                Ok(_) => Err("it is accepted".to_owned()),
                Err(error) => check_error(&error, &expected),
            };
        }
        let checked = checked.map_err(|error| format!("{error:?}"))?;
        self.check_entities(&checked)?;
        self.check_metadata(&checked)?;
        self.check_faults(&checked.notes)?;
        for (file, profile) in [("env.json", "test"), ("env.prod.json", "prod"), ("env.stage.json", "stage")]
        {
            if let Some(expected) = self.document(file) {
                let mut configuration = configuration.clone();
                configuration.variables = vec![format!("{profile}-env.json")];
                let checked = self.deployment(configuration).check(&runner()).await;
                let checked = checked.map_err(|error| format!("{error:?}"))?;
                let variables = checked.nodes[0].1.variables.as_ref().expect("they are uploaded").to_value();
                equal(file, &variables, &expected)?;
            }
        }
        self.check_differences(&checked)
    }

    fn check_entities(&self, checked: &Checked) -> Result<(), String> {
        let made = checked.nodes[0].1.entities.iter();
        let made = made.filter(|entity| entity.kind() != EntityKind::Metadata).cloned().collect();
        equal_entities(made, self.document("expected.json").expect("each case has it"))
    }

    /// The tool disables the pipes of users also for a plain folder. The deployer leaves the node metadata of a plain folder as it is.
    fn check_metadata(&self, checked: &Checked) -> Result<(), String> {
        let made = checked.nodes[0].1.entities.iter().find(|entity| entity.kind() == EntityKind::Metadata);
        let is_plain = !self.folder.join("in/manifest.json").exists();
        let expected = match is_plain {
            true => self.document(if self.number() == "70" {
                "in/hub/node-metadata.conf.json"
            } else {
                "in/node-metadata.conf.json"
            }),
            false => self.document("metadata.json"),
        };
        // The tool could not upload these, so no metadata was recorded.
        if ["06", "11", "60", "61", "62"].contains(&self.number()) {
            return made.map(|_| ()).ok_or_else(|| "no node metadata".to_owned());
        }
        match (made, expected) {
            (Some(made), Some(expected)) => equal("metadata", made.value(), &expected),
            (None, None) => Ok(()),
            (made, expected) => Err(format!("metadata {made:?}, expected {expected:?}")),
        }
    }

    /// What `validate` refuses is a warning at the template.
    fn check_faults(&self, notes: &[Note]) -> Result<(), String> {
        let words: BTreeMap<&str, &str> = BTreeMap::from([
            ("sink-dataset", "`sink.dataset`"),
            ("no-collect-transform", "must use transform-collect-rest"),
            ("no-exclude-completeness", "must have `exclude_completeness`"),
            ("share-not-excluded", "must name the share dataset"),
            ("no-properties", "must have the property `share_dataset`"),
            ("batch-size-not-1", "must have the batch size 1"),
            ("warning-in-description", "a description contains WARNING"),
        ]);
        let faults = notes.iter().filter(|note| note.message.starts_with("`sesam upload` rejects"));
        let faults: Vec<String> = faults
            .flat_map(|note| note.places.iter().map(|place| format!("{place} {}", note.message)))
            .collect();
        if self.number() == "70" {
            // Nobody ran `validate` on the connectors of this solution.
            return Ok(());
        }
        let Some(Value::Array(expected)) = self.document("validate.json") else {
            let refused = ["06", "11"].contains(&self.number());
            return if faults.is_empty() != refused { Ok(()) } else { Err(format!("{faults:?}")) };
        };
        for fault in &expected {
            let kind = fault.get("kind").and_then(|node| node.as_str()).expect("a kind");
            let file = fault.get("in").and_then(|node| node.as_str()).expect("a file");
            // An expanded file is named after the pipe; its template after the datatype.
            let datatype = file.split('-').nth(1).unwrap_or_default();
            let file =
                if file.contains('/') { file.to_owned() } else { format!("templates/{datatype}.json") };
            let found = faults.iter().any(|found| found.starts_with(&file) && found.contains(words[kind]));
            if !found {
                return Err(format!("{kind} in {file} is not among {faults:?}"));
            }
        }
        let more = if self.number() == "62" { 1 } else { 0 };
        if faults.len() == expected.len() + more { Ok(()) } else { Err(format!("{faults:?}")) }
    }

    /// What the tool does silently is a warning with its place.
    fn check_differences(&self, checked: &Checked) -> Result<(), String> {
        let expected: &[&str] = match self.number() {
            "03" => &["templates/vessel.json:11:35 {{@ parent @}} is unknown for datatype vessel"],
            "05" => &[
                "templates/gauge.json:18:23 the mark {{@ on @}} stays in the text: true or false must be",
                "off counts as true in a block",
            ],
            "14" => &["pipes/local-extra.conf.json", "plain files are ignored"],
            "15" => &[],
            "18" => &["list.txt:3 the whitelist names pipes/not-there.conf.json, which does not exist"],
            "21" => &["pipes/tide.conf.json:10:13 the mark {{@ Depth @}} stays in the text"],
            "23" => &[".jinja_vars:1 a lone % in the value of \"rate\""],
            "25" => &["is unknown for datatype", "ignored beside"],
            _ => &[],
        };
        let notes: Vec<String> = checked.notes.iter().map(shown).collect();
        match expected.iter().find(|expected| !notes.iter().any(|note| note.contains(**expected))) {
            Some(missing) => Err(format!("{missing:?} is not among {notes:#?}")),
            None => Ok(()),
        }
    }

    /// The expansion is the same, with these warnings. A node would reject it, so a deployment is refused.
    async fn check_refused(&self, refused: &str, warnings: &[&str]) -> Result<(), String> {
        let text = |path: &str| fs::read_to_string(self.folder.join("in").join(path)).ok();
        let source = |path: &str| text(path).map(|text| SourceText::new(path, text));
        let manifest = source("manifest.json").expect("a manifest");
        let mut connector = Connector::read(&manifest).map_err(|error| format!("{error:?}"))?;
        for path in connector.missing() {
            let text = source(&path);
            connector.give(path, text).map_err(|error| format!("{error:?}"))?;
        }
        let expansion = connector.expand(&Options { system: "xxxxxx".to_owned(), shims: true });
        assert!(expansion.problems.is_empty(), "{:?}", expansion.problems);
        equal_entities(expansion.entities, self.document("expected.json").expect("each case has it"))?;
        let notes: Vec<String> = expansion.notes.iter().map(shown).collect();
        for expected in warnings {
            if !notes.iter().any(|note| note.contains(*expected)) {
                return Err(format!("{expected:?} is not among {notes:#?}"));
            }
        }
        match self.deployment(configuration()).check(&runner()).await {
            Err(error) if format!("{error:?}").contains(refused) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    }

    /// The tool cannot write such a profile into its expansion. Nothing is written here, so it works.
    async fn check_profile_in_a_folder(&self) -> Result<(), String> {
        let mut configuration = configuration();
        configuration.variables = vec!["profiles/prod-env.json".to_owned()];
        let checked = self.deployment(configuration).check(&runner()).await;
        let checked = checked.map_err(|error| format!("{error:?}"))?;
        let variables = checked.nodes[0].1.variables.as_ref().expect("they are uploaded").to_value();
        equal("variables", &variables, &self.document("in/profiles/prod-env.json").expect("a profile"))
    }

    fn deployment(&self, configuration: Configuration) -> Deployment {
        let source = MemorySource::new(&Script::default());
        write_all(&self.folder.join("in"), "", &source);
        Deployment {
            routes: Routes::default(),
            environment: "test".to_owned(),
            source: Arc::new(source),
            configuration,
            stores: BTreeMap::new(),
            nodes: vec![DeployNode {
                name: NodeName::master(),
                target: None,
                templates: None,
                proxy: false,
                stores: Vec::new(),
                upload_variables: true,
                upload_secrets: false,
                system_secrets: SystemSecrets::None,
                allowed_secrets: None,
                protected: Protection::default(),
            }],
            verify: Verify { variables: false, secrets: false, entities: true },
            safety: Safety { guard: Guard::FULL, order: Order::ExtraFirst, wait: Duration::ZERO },
            remembered: None,
            test_switches: false,
            redactor: Redactor::default(),
        }
    }
}

fn configuration() -> Configuration {
    let globs = ["node-metadata.conf.json", "pipes/**/*.conf.json", "systems/**/*.conf.json"];
    let include = globs.map(|glob| Glob::new(glob, None).expect("a glob"));
    Configuration {
        folder: String::new(),
        whitelist: Whitelist { include: include.into(), ..Whitelist::default() },
        variables: vec!["test-env.json".to_owned()],
        upload_variables: None,
        links: LinkRule::Full,
        split: true,
        strictness: Strictness::Strict,
        layout: FolderLayout::SesamPy,
        connectors: Connectors::default(),
    }
}

fn runner() -> Runner {
    Runner::new(Policy::default(), CancellationToken::new(), Arc::new(Silent))
}

fn write_all(folder: &Path, below: &str, source: &MemorySource) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            write_all(&entry.path(), &format!("{path}/"), source);
        } else {
            source.write(&path, fs::read(entry.path()).expect("a file"));
        }
    }
}

fn shown(note: &Note) -> String {
    let places: Vec<String> = note.places.iter().map(ToString::to_string).collect();
    format!("{} {}", places.join(" "), note.message)
}

fn equal(what: &str, made: &Value, expected: &Value) -> Result<(), String> {
    if made == expected {
        Ok(())
    } else {
        Err(format!("{what}: {}, expected {}", format::compact(made), format::compact(expected)))
    }
}

fn equal_entities(made: Vec<Entity>, expected: Value) -> Result<(), String> {
    let Value::Array(expected) = expected else { return Err("expected.json is no list".to_owned()) };
    let kind =
        |value: &Value| value.as_object().and_then(|it| it.get("type")?.as_str()).unwrap_or("").to_owned();
    let mut made: Vec<(String, String, Value)> = made
        .into_iter()
        .map(|entity| (entity.id().to_string(), kind(entity.value()), entity.value().clone()))
        .collect();
    made.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    let ids: Vec<&str> = made.iter().map(|(id, ..)| id.as_str()).collect();
    if made.len() != expected.len() {
        return Err(format!("{} entities, expected {}: {ids:?}", made.len(), expected.len()));
    }
    made.iter().zip(&expected).try_for_each(|((id, _, made), expected)| equal(id, made, &expected.value))
}

/// The error is of the same class, names what a good message should name, and has a file and a line.
fn check_error(error: &Error, expected: &Value) -> Result<(), String> {
    let words: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("TemplateNotFound", ["does not exist", "not below the connector's folder"].as_slice()),
        ("TemplateSyntaxError", &["is not a valid template"]),
        ("TemplateAssertionError", &["unknown filter"]),
        ("UndefinedError", &["undefined"]),
        ("JSONDecodeError", &["is not valid JSON"]),
        ("AttributeError", &["has no"]),
        ("KeyError", &["has no"]),
    ]);
    let text = format!("{error:?}");
    let member = |key: &str| expected.as_object().and_then(|object| object.get(key));
    let class = member("class").and_then(|node| node.as_str()).expect("a class");
    if !words[class].iter().any(|words| text.contains(words)) {
        return Err(format!("{class} expected: {text}"));
    }
    let mention = member("mention").and_then(|node| node.value.as_array()).expect("a list");
    if let Some(word) = mention.iter().filter_map(|node| node.as_str()).find(|word| !text.contains(word)) {
        return Err(format!("{word:?} is not in {text}"));
    }
    let has_line = |error: &Error| error.places().iter().any(|place| place.line > 0);
    let placed = has_line(error) || error.related().iter().all(has_line) && !error.related().is_empty();
    if placed { Ok(()) } else { Err(format!("no line: {text}")) }
}
