//! Counts, columns, and lines that fit a terminal.

/// The columns that every line of a table or an overview fits, unless one name alone is longer.
pub(super) const COLUMNS: usize = 100;

/// Names beyond this length do not push the columns after them further to the right.
pub(super) const WIDEST: usize = 40;

/// `1 pipe`, `2 pipes`, `2 entities`.
pub fn count(number: usize, noun: &str) -> String {
    match noun.strip_suffix("ity") {
        _ if number == 1 => format!("1 {noun}"),
        Some(stem) => format!("{number} {stem}ities"),
        None => format!("{number} {noun}s"),
    }
}

/// Rows as lines, each column as wide as its widest cell; the last one is not padded.
pub fn table<Row: AsRef<[String]>>(rows: &[Row]) -> String {
    let columns = rows.iter().map(|row| row.as_ref().len()).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.as_ref().get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Row| {
        let cells = row.as_ref().iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// The first names of a list, and how many more there are.
pub fn first_of(names: &[&str], most: usize) -> String {
    let shown = names.iter().take(most).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Breaks lines at blanks, so that each fits the width. The rest of a line is indented by two blanks more than its start. A word that
/// does not fit, such as a path, stays whole.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    text.split('\n').map(|line| wrapped_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn wrapped_line(line: &str, width: usize) -> String {
    if shown_width(line) <= width {
        return line.to_owned();
    }
    let words = line.trim_start_matches(' ');
    let indent = line.len() - words.len();
    let mut text = " ".repeat(indent);
    let mut at = indent;
    for (number, word) in words.split(' ').enumerate() {
        let needed = shown_width(word);
        if number > 0 && at + 1 + needed > width {
            text.push('\n');
            text.push_str(&" ".repeat(indent + 2));
            at = indent + 2;
        } else if number > 0 {
            text.push(' ');
            at += 1;
        }
        text.push_str(word);
        at += needed;
    }
    text
}

/// The characters that are seen: those of colours are not.
fn shown_width(text: &str) -> usize {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().map_or(0, |part| part.chars().count());
    let rest = parts.map(|part| part.split_once('m').map_or(part, |(_, text)| text).chars().count());
    first + rest.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_counted_in_plain_words() {
        assert_eq!(
            [count(1, "pipe"), count(2, "pipe"), count(0, "entity")],
            ["1 pipe", "2 pipes", "0 entities"]
        );
        assert_eq!(first_of(&["a", "b", "c"], 2), "a, b and 1 more");
        assert_eq!(first_of(&["a", "b"], 2), "a, b");
    }

    #[test]
    fn lines_break_at_blanks_and_keep_their_indent() {
        let text =
            "  hint: write the name of a pipe\n  at a/very/long/path/that/does/not/fit.json:1:2\nshort";
        assert_eq!(
            wrapped(text, 20),
            "  hint: write the\n    name of a pipe\n  at\n    a/very/long/path/that/does/not/fit.json:1:2\nshort"
        );
        assert_eq!(wrapped("\u{1b}[33mwarning\u{1b}[0m: abcd", 13), "\u{1b}[33mwarning\u{1b}[0m: abcd");
    }
}
