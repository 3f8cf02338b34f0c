use deployer_core::Kind;

use super::*;

#[test]
fn a_failure_stays_inside_its_fence_and_its_limit() {
    let error = Error::new(Kind::Verification, "a ``` b").with_detail("x".repeat(1_000));
    let page = failure("test", &error, 500, &str::to_owned);
    assert!(
        page.starts_with("### No plan for `test`\n\n````text\nerror[verification]: a ``` b\n  xxx"),
        "{page}"
    );
    assert!(page.chars().count() <= 500 && page.contains("\n````\n\n_The rest is left out"), "{page}");
    let page = failure("test", &Error::new(Kind::Io, "a"), 500, &str::to_owned);
    assert_eq!(page, "### No plan for `test`\n\n```text\nerror[io]: a\n```\n");
}

#[test]
fn secrets_are_masked_before_text_is_cut() {
    let secret = "hunter2".repeat(60);
    let error = Error::new(Kind::Io, format!("a {secret}"));
    let page = failure("test", &error, 500, &|text| text.replace(&secret, "[secret]"));
    assert!(page.contains("a [secret]") && !page.contains("hunter2"), "{page}");
}

fn change(action: Action, id: usize, diff: Option<usize>) -> Change {
    let diff = diff.map(|lines| "+ a line of a diff\n".repeat(lines));
    Change { action, title: format!("{} pipe pipe-{id} on master", action.sign()), diff }
}

#[test]
fn the_longest_diffs_are_shortened_first() {
    let changes = [
        change(Action::Remove, 1, Some(3)),
        change(Action::Change, 2, Some(1_000)),
        change(Action::Change, 3, Some(4)),
    ];
    let page = shortened(&changes, 2_000);
    assert!(page.chars().count() <= 2_000 + NOTE, "{}", page.chars().count());
    assert_eq!(page.matches("<details>").count(), 3);
    assert_eq!(page.matches("more lines").count(), 1, "{page}");
    assert!(page.contains("… 9") && page.ends_with("_1 diff is shortened here, because a comment has a limit. `sesam-deployer plan` shows them all._\n"), "{page}");
    assert!(!shortened(&changes, 100_000).contains("shortened"));
}

#[test]
fn every_change_is_named_where_diffs_do_not_fit() {
    let changes: Vec<Change> = (0..321).map(|id| change(Action::Change, id, Some(50))).collect();
    let page = shortened(&changes, 20_000);
    assert!((0..321).all(|id| page.contains(&format!("pipe-{id} "))), "{page}");
    assert!(page.chars().count() <= 20_000 + NOTE);
}

#[test]
fn removals_are_named_before_all_other_changes() {
    let mut changes: Vec<Change> = (0..500).map(|id| change(Action::Add, id, None)).collect();
    changes.extend((500..520).map(|id| change(Action::Remove, id, Some(50))));
    let page = shortened(&changes, 2_000);
    assert!((500..520).all(|id| page.contains(&format!("- pipe pipe-{id} "))), "{page}");
    assert!(page.contains(" additions more are left out here"), "{page}");
    assert!(page.chars().count() <= 2_000 + NOTE);
}

#[test]
fn a_name_forges_no_markdown() {
    let change = Change { action: Action::Add, title: "+ pipe </code><b>x".to_owned(), diff: None };
    assert_eq!(change.shown(0), "- <code>+ pipe &lt;/code&gt;&lt;b&gt;x</code>\n");
}
