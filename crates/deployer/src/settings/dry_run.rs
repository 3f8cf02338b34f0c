//! `DRY_RUN`, which counts in both ways in.

use deployer_core::error::Note;
use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind};

/// The name of the variable.
pub(super) const NAME: &str = "DRY_RUN";

/// Other texts that mean yes.
const YES: [&str; 5] = ["true", "1", "yes", "on", "y"];

/// Other texts that mean no.
const NO: [&str; 6] = ["false", "0", "no", "off", "n", ""];

/// Whether the variable asks for a dry run; `None` if it is not set. A text that the original deployer read another way comes with a
/// warning.
///
/// # Errors
/// `Settings` if the text means neither yes nor no: a run never writes because of a spelling mistake.
pub(super) fn read(variables: &ProcessVariables) -> Result<(Option<bool>, Option<Note>), Error> {
    if is_absent(variables) {
        return Ok((None, None));
    }
    let text = variables.get(NAME).unwrap_or_default();
    let lower = text.trim().to_ascii_lowercase();
    let (word, remark) = match lower.as_str() {
        yes if YES.contains(&yes) => ("true", "and this run writes nothing"),
        no if NO.contains(&no) => ("false", "as by the original"),
        _ => return Err(undecided("is neither `true` nor `false`")),
    };
    let warning = || format!("{NAME} is not exactly `{word}`; it is read as `{word}`, {remark}");
    let note = (!text.eq_ignore_ascii_case(word)).then(|| Note::warning(warning()));
    Ok((Some(word == "true"), note))
}

/// Whether the variable is not set. One that is empty is.
pub(super) fn is_absent(variables: &ProcessVariables) -> bool {
    !variables.names().any(|name| name == NAME)
}

/// The error for a run that would write and was not told whether it may.
pub(super) fn undecided(why: &str) -> Error {
    Error::new(Kind::Settings, format!("{NAME} {why}; nothing was written"))
        .with_hint(format!("set {NAME}=true to write nothing, or {NAME}=false to deploy"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_never_writes_because_of_a_spelling_mistake() {
        for (text, expected, warns) in [
            ("true", Some(true), false),
            ("True", Some(true), false),
            ("true ", Some(true), true),
            ("1", Some(true), true),
            ("YES", Some(true), true),
            ("on", Some(true), true),
            ("false", Some(false), false),
            ("FALSE", Some(false), false),
            (" false", Some(false), true),
            ("0", Some(false), true),
            ("no", Some(false), true),
            ("Off", Some(false), true),
            ("", Some(false), true),
        ] {
            let (found, note) = read(&[(NAME, text)].into_iter().collect()).unwrap();
            assert_eq!((found, note.is_some()), (expected, warns), "{text:?}");
        }
        assert_eq!(read(&ProcessVariables::default()).unwrap(), (None, None));
        for text in ["tru", "ture", "dry", "2", "yess", "-"] {
            let error = read(&[(NAME, text)].into_iter().collect()).unwrap_err();
            assert!(error.message().contains("nothing was written"), "{text}: {error:?}");
        }
    }
}
