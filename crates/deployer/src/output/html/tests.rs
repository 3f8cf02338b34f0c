use std::sync::Arc;

use deployer_core::Kind;
use deployer_core::model::{Crossing, Desired, EntityKind, Fingerprint, NodeName, Observed};
use deployer_engine::stages::diff;

use super::*;

fn change(id: &str, action: Action, before: Option<&str>, after: Option<&str>) -> EntityChange {
    EntityChange::new(id.to_owned(), EntityKind::Pipe, action)
        .with_before(before.map(str::to_owned))
        .with_after(after.map(str::to_owned))
}

/// A plan for the master with these changes.
fn plan_of(entities: Vec<EntityChange>) -> Plan {
    let observed = Observed::new(Fingerprint::new(""), Vec::new());
    let mut node = diff(&NodeName::master(), "test", None, "https://node", Desired::default(), &observed);
    node.entities = entities;
    let notes = vec![Note::warning("a <b> & c")];
    Plan { environment: "test".to_owned(), revision: None, nodes: vec![node], notes }
}

#[test]
fn a_page_has_the_sum_consent_warnings_and_each_change_with_its_diff() {
    let mut replica = change("r", Action::Add, None, Some("{}"));
    replica.crossing = Some(Arc::new(Crossing::new("x".into(), NodeName::master(), "p".into())));
    let plan = plan_of(vec![change("a", Action::Change, Some("1\n2"), Some("1\n3")), replica]);
    let objection = Error::new(Kind::Refused, "it removes much");
    let page = super::plan(&plan, &[objection], &str::to_owned);
    for part in [
        "<h1>Plan for test</h1>\n<p>1 to add, 1 to change",
        ". Nothing has been written.</p>",
        "<td data-label=\"Node\">master</td><td data-label=\"Target\">https://node</td><td data-label=\"To add\">1</td>",
        "<li><b>Needs consent (<code>--yes</code>):</b> it removes much</li>",
        "<li><b>Warning:</b> a &lt;b&gt; &amp; c</li>",
        "<summary>~ change pipe <code>a</code> <small>+1 −1</small></summary>",
        "<del>-2</del>\n<ins>+3</ins>\n",
        "+ add pipe <code>r</code> <small>generated for p: x is a proxy node</small>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(page, super::plan(&plan, &[Error::new(Kind::Refused, "it removes much")], &str::to_owned));
    for forbidden in ["<script", " style=", "url(", "src=", "href="] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn texts_of_others_stay_text_and_secrets_are_masked_before_they_are_escaped() {
    let id = "</code><script>alert(1)</script>";
    let plan = plan_of(vec![change(id, Action::Add, None, Some("\"a&b<c\""))]);
    let page = super::plan(&plan, &[], &|text| text.replace("a&b<c", "[secret]"));
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"), "{page}");
    assert!(page.contains("<ins>+&quot;[secret]&quot;</ins>") && !page.contains("a&amp;b"), "{page}");
    let page =
        failure("test", &Error::new(Kind::Io, "a <b> a&b<c"), &|text| text.replace("a&b<c", "[secret]"));
    assert!(
        page.contains("<h1>No plan for test</h1>\n<pre class=\"wrap\">error[io]: a &lt;b&gt; [secret]\n"),
        "{page}"
    );
}

#[test]
fn diffs_that_make_the_page_too_large_are_named_and_counted() {
    let large = "x".repeat(MOST_DIFFS / 2);
    let changes = ["a", "b", "c"].map(|id| change(id, Action::Add, None, Some(&large)));
    let page = super::plan(&plan_of(changes.to_vec()), &[], &str::to_owned);
    assert!(page.len() < MOST_DIFFS + 100_000);
    assert!(
        page.contains("<p>+ add pipe <code>c</code>") && page.contains("has a limit: 2 diffs."),
        "{}",
        page.len()
    );
}
