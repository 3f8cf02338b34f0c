//! The status page.

use deployer_picture::{Inline, document as html_document, escape, policy as html_policy};
use deployer_watch::State;
use maud::{Markup, PreEscaped, html};

use super::words::{revisions, short, state_of, time, urgency};
use crate::output::count;
use crate::watching::{Content, Node, Run};

/// The style of the page. A test compares the hash with the file.
const STYLE: Inline =
    Inline { text: include_str!("status.css"), hash: "WiJrA0lW+vF5lpDrbDgd5oX5/nC5wS/HSTtuS8NbyGU=" };

/// The `Content-Security-Policy` of the page.
pub(crate) fn policy() -> String {
    html_policy(Some(STYLE), None) + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

/// The status page. It says whether the server makes it reload itself.
pub(crate) fn page(contents: &[Content], reloads: bool) -> String {
    let (title, header, main) = match contents {
        [content] if content.name.is_empty() => single(content),
        _ => fleet(contents),
    };
    let body = html! {
        header { h1 { (text(&title)) } "\n" (header) }
        main { (main) } "\n"
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

/// The title, the header and the parts of a page of one deployment.
fn single(content: &Content) -> (String, Markup, Markup) {
    let title = format!("{}: {}", content.environment, state_of(content));
    (title, state(content), parts(content))
}

/// The same for a fleet: those that need a person first.
fn fleet(contents: &[Content]) -> (String, Markup, Markup) {
    let number = |word: &str| contents.iter().filter(|content| state_of(content) == word).count();
    let states = ["held", "failed", "drifted", "waiting", "deploying", "comparing", "in step"];
    let states = states.map(|word| (number(word), word)).into_iter().filter(|(number, _)| *number > 0);
    let states: Vec<String> = states.map(|(number, word)| format!("{number} {word}")).collect();
    let title = format!("{}: {}", count(contents.len(), "deployment"), states.join(", "));
    let mut sorted: Vec<&Content> = contents.iter().collect();
    sorted.sort_by_key(|content| urgency(content));
    // Several open ones would hide each other.
    let is_open = contents.iter().filter(|content| is_urgent(content)).count() == 1;
    let main = html! {
        @for content in sorted {
            details.deployment id=(content.name) open[is_open && is_urgent(content)] {
                summary {
                    span.outcome data-outcome=(state_of(content)) { (state_of(content)) } " "
                    strong { (text(&content.name)) } " "
                    small { (text(&place(content))) }
                    @if let Some(reason) = reason(content) { small { (text(reason)) } }
                }
                (state(content))
                (parts(content))
            } "\n"
        }
    };
    (title, html! {}, main)
}

fn is_urgent(content: &Content) -> bool {
    urgency(content) < 3
}

/// The first line of why a deployment needs a person.
fn reason(content: &Content) -> Option<&str> {
    let is_own = is_urgent(content) && content.elsewhere.is_none();
    let reason = content.why.as_ref().or(content.source_failure.as_ref()).filter(|_| is_own)?;
    reason.lines().find(|line| !line.trim().is_empty())
}

/// The environment, the deployed revision, and the replica of a deployment.
fn place(content: &Content) -> String {
    let environment = Some(content.environment.clone()).filter(|environment| !environment.is_empty());
    let revision = revisions(content).1.map(short);
    let replica = content.elsewhere.as_ref().map(served_by);
    environment.into_iter().chain(revision).chain(replica).collect::<Vec<_>>().join(", ")
}

fn served_by(elsewhere: &crate::watching::Elsewhere) -> String {
    format!("served by {}", elsewhere.replica.as_deref().unwrap_or("another replica"))
}

fn state(content: &Content) -> Markup {
    let word = state_of(content);
    html! { p.state data-state=(word) { (text(&sentence(content))) } "\n" }
}

/// The state in a sentence.
fn sentence(content: &Content) -> String {
    if let Some(elsewhere) = &content.elsewhere {
        let plan = elsewhere
            .plan
            .iter()
            .map(|plan| format!(" Plan {plan} needs consent, which this replica passes on."));
        return format!(
            "Another replica serves this deployment: {}.{}",
            elsewhere.state,
            plan.collect::<String>()
        );
    }
    match &content.state {
        State::Waiting => "The first deploy has not begun.".to_owned(),
        State::Deploying => "A deploy is running.".to_owned(),
        State::Comparing => "The nodes are being compared.".to_owned(),
        State::InStep => "Every node has what the configuration says.".to_owned(),
        State::Held { plan } => {
            format!("Plan {plan} needs consent. The command approve releases it; a new revision replaces it.")
        }
        State::Failed { again: Some(_), tries } => format!("Failed {}. The next try follows.", times(*tries)),
        State::Failed { again: None, tries } => {
            let tries = times(*tries);
            format!("Failed {tries}. The revision is not tried again before a trigger or a new revision.")
        }
        State::Drifted => "A node no longer has what was deployed.".to_owned(),
    }
}

fn times(number: u32) -> String {
    if number == 1 { "once".to_owned() } else { format!("{number} times") }
}

/// The parts about one deployment.
fn parts(content: &Content) -> Markup {
    if content.elsewhere.is_some() {
        return html! { table { tbody { (facts(content)) } } "\n" };
    }
    html! {
        @if let Some(why) = &content.why {
            h2 { "Why" } "\n"
            pre.wrap { (lines(why)) }
        }
        @if let Some(failure) = &content.source_failure {
            h2 { "The source cannot be read" } "\n"
            pre.wrap { (lines(failure)) }
        }
        h2 { "Now" } "\n"
        table { tbody { (facts(content)) } } "\n"
        @if !content.nodes.is_empty() {
            h2 { "Nodes" } "\n"
            table {
                tbody { @for (name, node) in &content.nodes { (row(name, node_words(node))) } }
            } "\n"
        }
        h2 { "Latest deploys" } "\n"
        @if content.runs.is_empty() { p { "None since the start." } }
        @for it in &content.runs { (run(it)) }
    }
}

fn facts(content: &Content) -> Markup {
    let (newest, deployed) = revisions(content);
    let since = if content.elsewhere.is_some() { "unknown" } else { "none since the start" };
    html! {
        @if !content.source.is_empty() { (row("Source", &content.source)) }
        (row("Newest revision", &newest.map_or_else(|| "unknown".to_owned(), short)))
        (row("Deployed revision", &deployed.map_or_else(|| since.to_owned(), short)))
        @if let Some(elsewhere) = &content.elsewhere {
            (row("Replica", elsewhere.replica.as_deref().unwrap_or("another one")))
        } @else {
            (row("State since", &time(content.since)))
            (row("Source read", &content.checked.map_or_else(|| "not yet".to_owned(), time)))
            (row("Last success", &content.last_success.map_or_else(|| "none".to_owned(), time)))
        }
    }
}

fn lines(text: &str) -> PreEscaped<String> {
    PreEscaped(text.lines().map(|line| escape(line) + "\n").collect::<String>())
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

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    use super::super::sample::content;
    use super::*;
    use crate::watching::Elsewhere;

    #[test]
    fn the_page_says_the_state_the_reason_and_the_latest_deploys_and_loads_nothing() {
        assert_eq!(
            STANDARD.encode(Sha256::digest(STYLE.text)),
            STYLE.hash,
            "run `openssl dgst -sha256 -binary FILE | base64`"
        );
        let page = page(&[content()], true);
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
    fn the_policy_allows_the_styles_of_the_page_alone() {
        let policy = policy();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains(STYLE.hash) && !policy.contains("script"), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    }

    #[test]
    fn a_fleet_shows_those_that_need_a_person_first_and_open() {
        let mut calm = content();
        (calm.name, calm.state) = ("calm".to_owned(), State::InStep);
        let mut held = content();
        held.name = "held-one".to_owned();
        let mut other = content();
        other.name = "other".to_owned();
        other.elsewhere = Some(Elsewhere {
            replica: Some("replica-2".to_owned()),
            state: "in step".to_owned(),
            ..Elsewhere::default()
        });
        let page = page(&[calm, held, other], false);
        assert!(page.contains("<title>3 deployments: 1 held, 2 in step</title>"), "{page}");
        let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
        assert!(at("id=\"held-one\" open") < at("id=\"calm\">"));
        at("served by replica-2");
        at("Another replica serves this deployment: in step.");
    }
}
