//! A watching process, for people and for machines.

mod metrics;

use std::time::{Duration, SystemTime};

use deployer_core::model::Revision;
use deployer_picture::{Inline, document as html_document, escape, policy as html_policy};
use deployer_watch::State;
use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

pub(crate) use self::metrics::metrics;
use super::json;
use crate::watching::{Content, Node, Run};

/// The style of the page. A test compares the hash with the file.
const STYLE: Inline =
    Inline { text: include_str!("watch/status.css"), hash: "vwyRgDYrB0KOFa9TR1McVHc/rBDAAkJHkdTbYOYJ5uc=" };

/// The state in a word.
fn word(state: &State) -> &'static str {
    match state {
        State::Waiting => "waiting",
        State::Deploying => "deploying",
        State::Comparing => "comparing",
        State::InStep => "in step",
        State::Held { .. } => "held",
        State::Failed { .. } => "failed",
        State::Drifted => "drifted",
    }
}

/// The state in a sentence.
fn sentence(content: &Content) -> String {
    match &content.state {
        State::Waiting => "The first deploy has not begun.".to_owned(),
        State::Deploying => "A deploy is running.".to_owned(),
        State::Comparing => "The nodes are being compared.".to_owned(),
        State::InStep => "Every node has what the configuration says.".to_owned(),
        State::Held { plan } => {
            format!("Plan {plan} needs consent. The command approve releases it; a new revision replaces it.")
        }
        State::Failed { again: Some(_), tries } => format!("Failed {tries} times. The next try follows."),
        State::Failed { again: None, tries } => {
            format!(
                "Failed {tries} times. The revision is not tried again before a trigger or a new revision."
            )
        }
        State::Drifted => "A node no longer has what was deployed.".to_owned(),
    }
}

/// A revision for people.
pub(crate) fn short(revision: &str) -> String {
    Revision::new(revision).short().to_owned()
}

/// The `Content-Security-Policy` of the page.
pub(crate) fn policy() -> String {
    html_policy(Some(STYLE), None) + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

/// The status page. It says whether the server makes it reload itself.
pub(crate) fn page(content: &Content, reloads: bool) -> String {
    let title = format!("{}: {}", content.environment, word(&content.state));
    let lines = |text: &str| PreEscaped(text.lines().map(|line| escape(line) + "\n").collect::<String>());
    let body = html! {
        header {
            h1 { (text(&title)) } "\n"
            p.state data-state=(word(&content.state)) { (text(&sentence(content))) } "\n"
        }
        main {
            @if let Some(why) = &content.why {
                h2 { "Why" } "\n"
                pre.wrap { (lines(why)) }
            }
            @if let Some(failure) = &content.source_failure {
                h2 { "The source cannot be read" } "\n"
                pre.wrap { (lines(failure)) }
            }
            h2 { "Now" } "\n"
            table {
                tbody {
                    (row("Source", &content.source))
                    (row("Newest revision", &content.newest.as_deref().map_or_else(|| "unknown".to_owned(), short)))
                    (row("Deployed revision", &content.deployed.as_deref().map_or_else(|| "none since the start".to_owned(), short)))
                    (row("State since", &time(content.since)))
                    (row("Source read", &content.checked.map_or_else(|| "not yet".to_owned(), time)))
                    (row("Last success", &content.last_success.map_or_else(|| "none".to_owned(), time)))
                }
            } "\n"
            @if !content.nodes.is_empty() {
                h2 { "Nodes" } "\n"
                table {
                    tbody { @for (name, node) in &content.nodes { (row(name, node_words(node))) } }
                } "\n"
            }
            h2 { "Latest deploys" } "\n"
            @if content.runs.is_empty() { p { "None since the start." } }
            @for it in &content.runs { (run(it)) }
        } "\n"
        footer {
            p {
                a href="status" { "JSON" } " · " a href="metrics" { "metrics" } " · " a href="healthz" { "health" }
                ". "
                @if reloads { "The page reloads itself every 30 seconds: " a href="?still" { "stop" } }
                @else { a href="./" { "Reload the page every 30 seconds" } }
            }
        } "\n"
    };
    html_document(&title, Some(STYLE), None, &body.into_string())
}

fn text(text: &str) -> PreEscaped<String> {
    PreEscaped(escape(text))
}

fn row(name: &str, value: &str) -> Markup {
    html! { tr { th scope="row" { (text(name)) } td { (text(value)) } } "\n" }
}

fn node_words(node: &Node) -> &'static str {
    match node.outcome {
        _ if node.is_drifted => "drifted",
        Some("deployed") => "has what was deployed",
        Some("held") => "waits for consent",
        Some(_) => "the latest deploy failed",
        None => "not deployed since the start",
    }
}

fn run(run: &Run) -> Markup {
    let lines = |text: &str| PreEscaped(text.lines().map(|line| escape(line) + "\n").collect::<String>());
    html! {
        details {
            summary {
                span.outcome data-outcome=(run.outcome) { (run.outcome) } " "
                span { (time(run.at)) ", " (text(&short(&run.revision))) } " "
                small { (text(&run.summary)) }
            }
            @if let Some(error) = &run.error { pre.wrap { (lines(error)) } }
            @if !run.receipt.is_empty() { pre.wrap { (lines(&run.receipt)) } }
        } "\n"
    }
}

/// A time in whole seconds, ISO 8601.
fn time(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let seconds = i64::try_from(seconds).unwrap_or_default();
    jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default()
}

/// The same as a document.
pub(crate) fn document(content: &Content) -> Value {
    let run = |run: &Run| {
        json!({
            "time": time(run.at),
            "revision": run.revision,
            "outcome": run.outcome,
            "summary": run.summary,
            "receipt": run.receipt,
            "error": run.error,
        })
    };
    let node = |(name, node): (&String, &Node)| json!({ "name": name, "outcome": node.outcome, "drifted": node.is_drifted });
    json!({
        "format": json::FORMAT,
        "environment": content.environment,
        "source": content.source,
        "state": word(&content.state).replace(' ', "-"),
        "plan": match &content.state { State::Held { plan } => Some(plan), _ => None },
        "why": content.why,
        "since": time(content.since),
        "newest": content.newest,
        "deployed": content.deployed,
        "source_failure": content.source_failure,
        "checks": content.checks,
        "checked": content.checked.map(time),
        "last_success": content.last_success.map(time),
        "nodes": content.nodes.iter().map(node).collect::<Vec<_>>(),
        "runs": content.runs.iter().map(run).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::watching::Board;

    fn content() -> Content {
        let mut content = {
            let board = Board::default();
            board.begin("prod <b>", "https://git.example/c.git".to_owned());
            board.content()
        };
        content.state = State::Held { plan: "0a1b2c".to_owned() };
        content.why = Some("master: 7 pipes go".to_owned());
        let run = Run {
            at: SystemTime::UNIX_EPOCH,
            revision: "0123abc".to_owned(),
            outcome: "held",
            summary: "Nothing was written.".to_owned(),
            receipt: String::new(),
            error: Some("it removes <much>".to_owned()),
        };
        content.node("master").add("deployed");
        content.node("master").is_drifted = true;
        content.node("nett").add("failed");
        content.add(run, Duration::from_millis(1500));
        content
    }

    #[test]
    fn the_page_says_the_state_the_reason_and_the_latest_deploys_and_loads_nothing() {
        assert_eq!(
            STANDARD.encode(Sha256::digest(STYLE.text)),
            STYLE.hash,
            "run `openssl dgst -sha256 -binary FILE | base64`"
        );
        let page = page(&content(), true);
        for part in [
            "<title>prod &lt;b&gt;: held</title>",
            "reloads itself",
            "Plan 0a1b2c needs consent.",
            "master: 7 pipes go",
            "<th scope=\"row\">master</th><td>drifted</td>",
            "1970-01-01T00:00:00Z, 0123abc",
            "it removes &lt;much&gt;",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("<script") && !page.contains(" src="), "{page}");
    }

    #[test]
    fn the_document_says_the_same() {
        let document = document(&content());
        assert_eq!(document["runs"][0]["outcome"], "held");
        assert_eq!(document["nodes"][0], json!({ "name": "master", "outcome": "deployed", "drifted": true }));
    }

    #[test]
    fn the_policy_allows_the_styles_of_the_page_alone() {
        let policy = policy();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains(STYLE.hash) && !policy.contains("script"), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    }
}
