use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deployer_core::Kind;
use deployer_core::model::{
    Action, Crossing, Desired, EntityChange, EntityKind, Fingerprint, NodeName, Observed,
};
use deployer_engine::stages::diff;
use sha2::{Digest, Sha256};

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
        "<td data-label=\"Node\"><a href=\"#node-0\">master</a></td><td data-label=\"Target\"><code>https://node</code></td><td data-label=\"To add\">1</td>",
        "<li class=\"consent\"><b>Needs consent (<code>--yes</code>):</b> it removes much</li>",
        "<li><b>Warning:</b> a &lt;b&gt; &amp; c</li>",
        "<details class=\"change\" data-action=\"change\" data-kind=\"pipe\"><summary><span class=\"action\" data-action=\"change\">~ change</span> \
         <span class=\"what\"><code>a</code> pipe</span> <span class=\"lines\">+1 −1</span></summary>",
        "<del>-2\n</del><ins>+3\n</ins>",
        "<code>r</code> pipe</span> <span class=\"lines\">+1 −0</span> <small>generated for p: x is a proxy node</small>",
        "<section id=\"node-0\"><h2>master <small>1 to add, 1 to change</small></h2>",
        "<li><a href=\"#node-0\">master</a> <small>1 to add, 1 to change</small></li>",
        "<button type=\"button\" data-by=\"action\" data-value=\"add\" aria-pressed=\"false\">+ add 1</button>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(page, super::plan(&plan, &[Error::new(Kind::Refused, "it removes much")], &str::to_owned));
    for forbidden in [" style=", "url(", "src=", "href=\"h"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else() {
    for part in [STYLE, SCRIPT] {
        assert_eq!(
            STANDARD.encode(Sha256::digest(part.text)),
            part.hash,
            "run `openssl dgst -sha256 -binary FILE | base64`"
        );
    }
    let page = super::plan(&plan_of(Vec::new()), &[], &str::to_owned);
    let policy = format!("; script-src 'sha256-{}'\">", SCRIPT.hash);
    assert!(page.contains(&policy) && page.matches("<script").count() == 1, "{page}");
    assert!(page.contains(&format!("<script>{}</script>", SCRIPT.text)));
    assert!(page.contains(&format!("<style>{}</style>", STYLE.text)) && page.contains(STYLE.hash));
}

#[test]
fn texts_of_others_stay_text_and_secrets_are_masked_before_they_are_escaped() {
    let id = "</code><script>alert(1)</script>";
    let plan = plan_of(vec![change(id, Action::Add, None, Some("\"a&b<c\""))]);
    let page = super::plan(&plan, &[], &|text| text.replace("a&b<c", "[secret]"));
    assert!(page.matches("<script").count() == 1 && page.contains("&lt;script&gt;"), "{page}");
    assert!(page.contains("<ins>+&quot;[secret]&quot;\n</ins>") && !page.contains("a&amp;b"), "{page}");
    let page =
        failure("test", &Error::new(Kind::Io, "a <b> a&b<c"), &|text| text.replace("a&b<c", "[secret]"));
    assert!(
        page.contains("<h1>No plan for test</h1>\n<pre class=\"wrap\">error[io]: a &lt;b&gt; [secret]\n"),
        "{page}"
    );
}

#[test]
fn diffs_that_make_the_page_too_large_are_named_and_counted() {
    let large = "x".repeat(changes::MOST_DIFFS / 2);
    let changes = ["a", "b", "c"].map(|id| change(id, Action::Add, None, Some(&large)));
    let page = super::plan(&plan_of(changes.to_vec()), &[], &str::to_owned);
    assert!(page.len() < changes::MOST_DIFFS + 100_000);
    assert!(
        page.contains("<p class=\"change\"><span class=\"action\" data-action=\"add\">+ add</span> <span class=\"what\"><code>c</code>") && page.contains("has a limit: 2 diffs. "),
        "{}",
        page.len()
    );
}
