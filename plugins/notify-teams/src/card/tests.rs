use serde_json::Value;

use super::*;

fn report() -> Report {
    Report::new(Outcome::Deployed, "prod".to_owned(), "1 to add on master".to_owned())
        .with_nodes(vec!["master: 1 to add".to_owned(), "odd".to_owned()])
        .with_link(Some("https://ci.example/run?id=1&step=(2)".to_owned()))
        .with_diff(
            "--- a\n+++ b\n+  \"x\": *y* [z](https://evil.example) {{DATE(2020-01-01T00:00:00Z)}}\n\n"
                .to_owned(),
        )
}

fn card(report: &Report) -> Value {
    let message = serde_json::to_value(Message::of_report(report)).unwrap();
    assert_eq!(message["type"], "message");
    message["attachments"][0]["content"].clone()
}

/// The text of each paragraph.
fn lines(card: &Value) -> Vec<String> {
    let text = |paragraph: &Value| {
        assert_eq!(paragraph["type"], "RichTextBlock", "no other element holds text of others");
        let runs = paragraph["inlines"].as_array().unwrap().iter();
        runs.map(|run| run["text"].as_str().unwrap()).collect::<String>()
    };
    card["body"].as_array().unwrap().iter().map(text).collect()
}

#[test]
fn the_link_comes_first_and_the_diff_stays_as_it_is() {
    let card = card(&report());
    let expected = [
        "Release link: https://ci.example/run?id=1&step=(2)",
        "Deployed to prod",
        "1 to add on master",
        "master: 1 to add",
        "odd",
        "---\u{a0}a",
        "+++\u{a0}b",
        "+\u{a0}\u{a0}\"x\": *y* [z](https://evil.example) {{DATE(2020-01-01T00:00:00Z)}}",
        "\u{a0}",
    ];
    assert_eq!(lines(&card), expected);
    assert_eq!(card["version"], "1.4");
    assert_eq!(card["actions"][0]["url"], "https://ci.example/run?id=1&step=(2)");
    assert_eq!(card["body"][0]["inlines"][1]["selectAction"]["type"], "Action.OpenUrl");
}

#[test]
fn what_is_no_web_address_opens_nothing() {
    let card = card(&report().with_link(Some("javascript:alert(1)".to_owned())));
    assert_eq!(lines(&card)[0], "Release link: javascript:alert(1)");
    assert!(!card.to_string().contains("OpenUrl"), "{card}");
}

#[test]
fn errors_come_before_nodes_in_a_colour_of_their_own() {
    let failed = report().with_outcome(Outcome::Failed).with_errors(vec!["pipe a\nis wrong".to_owned()]);
    let card = card(&failed);
    assert_eq!(lines(&card)[1..4], ["Failed for prod", "1 to add on master", "pipe a is wrong"]);
    assert_eq!(card["body"][3]["inlines"][0]["color"], "Attention");
}

#[test]
fn a_message_stays_below_the_limit_and_counts_what_is_left_out() {
    let long = |text: &str| vec![text.repeat(300); 500];
    for text in ["x", "ø", "\"\\\u{1}", "漢字\u{1f680}"] {
        let huge = Report::new(Outcome::Failed, text.repeat(2_000), text.repeat(10_000))
            .with_nodes(long(text))
            .with_link(Some(format!("https://ci.example/{}", "x".repeat(1_980))))
            .with_diff(format!("+{}\n", text.repeat(200)).repeat(10_000))
            .with_errors(long(text));
        let message = Message::of_report(&huge);
        assert!(size(&message) <= LARGEST, "{} bytes of {text:?}", size(&message));
        let lines = lines(&card(&huge));
        for noun in ["errors", "nodes", "lines of the diff"] {
            let counted = |line: &String| line.starts_with("… ") && line.ends_with(&format!(" more {noun}"));
            assert!(lines.iter().any(counted), "{noun} of {text:?}: {lines:?}");
        }
        assert!(lines[2].contains(" more characters)"), "{}", lines[2]);
    }
}

#[test]
fn all_of_a_short_diff_is_shown() {
    let card = card(&report().with_diff("+ x\n".repeat(80)));
    assert_eq!(lines(&card).len(), 5 + 80);
}
