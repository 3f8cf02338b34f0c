//! A watching process, for people and for machines.

use std::time::{Duration, SystemTime};

use deployer_core::model::Revision;
use deployer_picture::{Inline, document as html_document, escape};
use deployer_watch::State;
use maud::{Markup, PreEscaped, html};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};

use super::json;
use crate::watching::{Content, Run};

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
    html! { tr { th scope="row" { (name) } td { (text(value)) } } "\n" }
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
        "runs": content.runs.iter().map(run).collect::<Vec<_>>(),
    })
}

/// The same as metrics.
pub(crate) fn metrics(content: &Content) -> String {
    let mut registry = Registry::with_prefix("sesam_deployer");
    let deploys = Family::<Vec<(String, String)>, Counter>::default();
    for (outcome, number) in &content.deploys {
        let labels = [("environment", content.environment.as_str()), ("outcome", *outcome)];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        deploys.get_or_create(&labels.to_vec()).inc_by(*number);
    }
    registry.register("deploys", "Deploys by outcome", deploys);
    registry.register("checks", "How often the source was read", ConstCounter::new(content.checks));
    let mut gauge = |name: &str, help: &str, value: i64| {
        let gauge: Gauge = Gauge::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    let is = |holds: bool| i64::from(holds);
    gauge(
        "in_step",
        "Whether every node has what the configuration says",
        is(content.state == State::InStep),
    );
    gauge("drifted", "Whether a node no longer has what was deployed", is(content.state == State::Drifted));
    gauge("held", "Whether a plan waits for consent", is(matches!(content.state, State::Held { .. })));
    gauge("source_readable", "Whether the source can be read", is(content.source_failure.is_none()));
    let seconds = |time: Option<SystemTime>| {
        let since = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        since.and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or_default()
    };
    gauge("last_success_timestamp_seconds", "When a deploy succeeded last", seconds(content.last_success));
    registry.register("deploy_seconds", "Seconds that deploys took", ConstCounter::new(content.seconds));
    let mut text = String::new();
    // A text takes everything.
    let _ = encode(&mut text, &registry);
    text
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
            "1970-01-01T00:00:00Z, 0123abc",
            "it removes &lt;much&gt;",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("<script") && !page.contains(" src="), "{page}");
    }

    #[test]
    fn the_metrics_count_deploys_and_say_the_state() {
        let text = metrics(&content());
        for line in [
            "sesam_deployer_deploys_total{environment=\"prod <b>\",outcome=\"held\"} 1",
            "sesam_deployer_held 1",
            "sesam_deployer_in_step 0",
            "sesam_deployer_deploy_seconds_total 1.5",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}: {text}");
        }
        assert_eq!(document(&content())["runs"][0]["outcome"], "held");
    }
}
