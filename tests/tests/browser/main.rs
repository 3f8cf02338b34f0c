//! The pages that the program writes, in a real browser: in both themes, on a wide and a narrow window, without script, and with the
//! keyboard alone. Nothing is loaded, nothing is reported to the console, and no rule of accessibility is broken.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use deployer_testkit::world::Signal;
use deployer_testkit::{npm, skip_or_fail};
use deployer_tests::checks::assert_code;
use deployer_tests::scene::Scene;
use deployer_tests::watching::Watching;
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
/// Longer than any run takes.
const LIMIT: Duration = Duration::from_secs(60);

/// The names of Chromium in Debian and elsewhere.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

fn browser() -> Result<PathBuf, String> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let programs = std::env::split_paths(&folders).flat_map(|folder| BROWSERS.map(|name| folder.join(name)));
    let found = programs.into_iter().find(|program| program.is_file());
    found.ok_or_else(|| format!("no Chromium is installed: none of {} is in PATH", BROWSERS.join(", ")))
}

/// Runs a script with a browser on pages; what it prints, as JSON. The error says why there is no browser.
fn open(script: &str, pages: &[PathBuf]) -> Result<Value, String> {
    let browser = browser()?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let packages = npm::install(&here.join("package.json"))?.join("node_modules");
    let mut command = Command::new("node");
    command.arg(here.join(script)).arg(packages).arg(browser);
    let output = command.args(pages.iter().map(|page| format!("file://{}", page.display()))).output();
    let output = output.map_err(|error| format!("node: {error}"))?;
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout).expect("it prints JSON"))
}

/// The status page of a process that holds a plan.
async fn held(scene: &Scene) -> String {
    scene.write("node/deployment/whitelist-test.txt", "\n");
    let watching = Watching::start(scene, PROGRAM, "interval = 3600").await;
    watching.state("held", 1).await;
    let page = watching.get("/").await.expect("an answer").text().await.expect("a page");
    assert_code(&watching.end(Signal::TERM).await, 143);
    page
}

/// Changes of every kind, after a first deploy whose receipt is a page too.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_complete_in_a_browser() {
    let scene = Scene::new();
    let folder = scene.world.folder();
    let page = |name: &str| folder.join(name);
    let run = |arguments: Vec<String>| scene.program(PROGRAM).args(arguments).run(LIMIT);
    let of = |command: &[&str], option: &str, name: &str| {
        let arguments = command.iter().map(|word| (*word).to_owned());
        arguments.chain([option.to_owned(), page(name).display().to_string()]).collect::<Vec<_>>()
    };
    assert_code(&run(of(&["deploy"], "--report", "receipt.html")).await, 0);
    scene.replace("node/pipes/kunde-nett.conf.json", "\"*fødselsnummer\"", "\"*fødselsnummer\", \"*x\"");
    scene.replace("node/variables/variables-test.json", "\"crm-page-size\": 50", "\"crm-page-size\": 75");
    scene.replace("node/deployment/whitelist-test.txt", "pipes/utkast-tariff.conf.json\n", "");
    scene.replace("node/systems/crm.conf.json", "page_size=", "size=");
    let node = scene.world.node();
    let mut entities = node.state().config("").to_vec();
    entities.push(json!({ "_id": "strayed", "type": "pipe" }));
    node.set_config("", entities).expect("the node takes entities");
    assert_code(&run(of(&["plan"], "--html", "plan.html")).await, 0);
    let graphs: [(&[&str], &str); 4] = [
        (&["graph"], "crossing.html"),
        (&["graph", "kunde-nett"], "entity.html"),
        (&["graph", "--pipes"], "pipes.html"),
        (&["graph", "--changes"], "touched.html"),
    ];
    for (command, name) in graphs {
        assert_code(&run(of(command, "--out", name)).await, 0);
    }
    std::fs::write(page("status.html"), held(&scene).await).expect("the world's folder is writable");
    let names = ["receipt.html", "plan.html", "status.html"].into_iter().chain(graphs.map(|(_, name)| name));
    let pages: Vec<PathBuf> = names.map(page).collect();
    match open("look.mjs", &pages) {
        Ok(found) => {
            let none: serde_json::Map<_, _> =
                pages.iter().map(|page| (format!("file://{}", page.display()), json!([]))).collect();
            assert_eq!(found, Value::Object(none), "{found:#}");
        }
        Err(reason) => return skip_or_fail("every_page_is_complete_in_a_browser", &reason),
    }
    let driven = open("drive.mjs", &[page("plan.html")]).expect("there is a browser");
    let expected = json!({
        "at first": "5 changes",
        "after a text of a diff": "2 of 5 changes",
        "after Escape": "5 changes",
        "with one filter": "2 of 5 changes",
        "with two filters": "0 of 5 changes",
        "open after e": 5,
        "open after c": 0,
        "focus after j, j, k": 0,
        "old beside new": true,
        "open in print": 5,
    });
    assert_eq!(driven, expected, "{driven:#}");
}
