//! The words of git hosts and of programs.

use deployer_core::Error;

/// How many bytes of another program's words are repeated.
const WORDS_LIMIT: usize = 2 * 1024;

/// Another program's words without control characters, blank lines, and lines beyond the limit.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut room = WORDS_LIMIT;
    let clean = |line: &str| line.chars().filter(|c| !c.is_control() || *c == '\t').collect::<String>();
    text.split(['\n', '\r'])
        .map(|line| clean(line).trim_end().to_owned())
        .filter(|line| !line.trim().is_empty())
        .take_while(|line| {
            let fits = line.len() <= room;
            room = room.saturating_sub(line.len());
            fits
        })
        .collect()
}

/// Adds the words of the other side to a failure, marked as git marks them.
pub(crate) fn with_remote_words(error: Error, words: &[String]) -> Error {
    words.iter().fold(error, |error, line| error.with_detail(format!("remote: {line}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cleaned_and_capped() {
        assert_eq!(words("a\u{1b}[31mb\r\n\n  \nc"), ["a[31mb", "c"]);
        assert_eq!(words(&format!("first\n{}\nlast", "x".repeat(3000))), ["first"]);
    }
}
