//! The lines of a diff as markup, an element for each, with a mark on what differs between a line and the line that replaces it.

use deployer_picture::escape;

/// A diff whose texts are masked already.
pub(super) fn diff(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut markup = String::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let run =
            |sign: char, from: usize| lines[from..].iter().take_while(|line| is_change(line, sign)).count();
        let (removed, added) = (run('-', at), run('+', at + run('-', at)));
        if removed == 0 && added == 0 {
            let tag = if is_name(line) { "b" } else { "span" };
            markup.push_str(&format!("<{tag}>{}\n</{tag}>", escape(line)));
            at += 1;
            continue;
        }
        let (old, new) = (&lines[at..at + removed], &lines[at + removed..at + removed + added]);
        for (number, line) in old.iter().enumerate() {
            markup.push_str(&format!(
                "<del>{}\n</del>",
                marked(line, new.get(number).filter(|_| removed == added))
            ));
        }
        for (number, line) in new.iter().enumerate() {
            markup.push_str(&format!(
                "<ins>{}\n</ins>",
                marked(line, old.get(number).filter(|_| removed == added))
            ));
        }
        at += removed + added;
    }
    markup
}

/// Whether a line is one of the two that name the file.
fn is_name(line: &str) -> bool {
    line.starts_with("--- ") || line.starts_with("+++ ")
}

fn is_change(line: &str, sign: char) -> bool {
    line.starts_with(sign) && !is_name(line)
}

/// A changed line. What its words do not share with the other line at start and end is marked, unless that is all of it.
fn marked(line: &str, other: Option<&&str>) -> String {
    let Some(other) = other else { return escape(line) };
    let (sign, line) = line.split_at(1);
    let (words, others) = (words(line), words(&other[1..]));
    let equal = |one: &&&str, other: &&&str| one == other;
    let start = words.iter().zip(&others).take_while(|(one, other)| equal(one, other)).count();
    let most = words.len().min(others.len()) - start;
    let ends = words.iter().rev().zip(others.iter().rev()).take(most);
    let end = ends.take_while(|(one, other)| equal(one, other)).count();
    let parts = [&words[..start], &words[start..words.len() - end], &words[words.len() - end..]];
    let [before, middle, after] = parts.map(|part| escape(&part.concat()));
    if middle.is_empty() || (before.trim().is_empty() && after.trim().is_empty()) {
        return format!("{sign}{before}{middle}{after}");
    }
    format!("{sign}{before}<mark>{middle}</mark>{after}")
}

/// The words of a line, and what is between them.
fn words(line: &str) -> Vec<&str> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut words = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let end = match is_word(first) {
            true => rest.find(|character| !is_word(character)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_differ_are_marked_where_a_line_replaces_one() {
        let text = "--- a/x\n+++ b/x\n {\n-  \"wait\": 30,\n+  \"wait\": <45>,\n }";
        assert_eq!(
            diff(text),
            "<b>--- a/x\n</b><b>+++ b/x\n</b><span> {\n</span><del>-  &quot;wait&quot;: <mark>30</mark>,\n</del>\
             <ins>+  &quot;wait&quot;: <mark>&lt;45&gt;</mark>,\n</ins><span> }\n</span>"
        );
        assert_eq!(diff("-a\n+b\n+c"), "<del>-a\n</del><ins>+b\n</ins><ins>+c\n</ins>");
        assert_eq!(diff("-old\n+new"), "<del>-old\n</del><ins>+new\n</ins>");
    }
}
