//! Slack's mrkdwn (<https://docs.slack.dev/messaging/formatting-message-text>).

use deployer_core::model::{Report, one_line};

/// Foreign text as one line of limited length. Slack requires three characters to be escaped.
pub(super) fn escaped(text: &str, longest: usize) -> String {
    let mut room = longest;
    let fits = |c: &char| {
        room = room.saturating_sub(escape(*c).map_or(1, str::len));
        room > 0
    };
    let longest = text.chars().take_while(fits).count();
    let mut escaped = String::with_capacity(text.len());
    for character in one_line(text, longest).chars() {
        match escape(character) {
            Some(entity) => escaped += entity,
            None => escaped.push(character),
        }
    }
    escaped
}

fn escape(character: char) -> Option<&'static str> {
    match character {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    }
}

/// The line with the link, if there is one. A link that is not a web address is shown as text.
pub(super) fn link(report: &Report) -> Option<String> {
    let link = match report.web_link() {
        Some(link) => format!("<{}>", link.replace('&', "&amp;")),
        None => escaped(report.link.as_deref()?, 500),
    };
    Some(format!("Release link: {link}"))
}

/// As many lines as fit into a number of characters, and a count of the others at the end.
pub(super) fn joined(lines: &[String], longest: usize, more: &str) -> String {
    const COUNT: usize = 60;
    let length = |line: &String| line.chars().count() + 1;
    let whole = lines.iter().map(length).sum::<usize>() <= longest;
    let mut room = if whole { longest } else { longest - COUNT };
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        if length(line) > room {
            return text + &format!("… {} more {more}", lines.len() - at);
        }
        room -= length(line);
        text += line;
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_characters_are_escaped_and_count_as_they_are_written() {
        assert_eq!(escaped("a <b> & c\n", 80), "a &lt;b&gt; &amp; c");
        assert_eq!(escaped("&&&&", 12), "&amp;&amp;… (2 more characters)");
        assert_eq!(escaped("<!channel>", 80), "&lt;!channel&gt;");
    }

    #[test]
    fn lines_that_do_not_fit_are_counted() {
        let lines = vec!["x".repeat(39); 10];
        assert_eq!(joined(&lines[..2], 100, "lines"), format!("{0}\n{0}", lines[0]));
        let cut = joined(&lines, 200, "lines");
        assert!(cut.ends_with("\n… 7 more lines") && cut.chars().count() <= 200, "{cut}");
    }
}
