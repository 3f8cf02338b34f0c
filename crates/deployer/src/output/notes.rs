//! Notes without repetition.

use std::borrow::Cow;
use std::collections::BTreeMap;

use deployer_core::error::{Level, Note};

/// How many notes that differ in names alone are shown.
const ALIKE: usize = 3;

/// A note to show.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) note: Note,
    /// How many more of the kind are not shown.
    pub(super) more: usize,
}

/// Warnings first. Equal notes become one with all places. Of notes that differ in names alone the first ones are shown, unless all
/// are wanted.
pub(super) fn condensed(notes: &[Note], all: bool) -> Vec<Shown> {
    let mut merged: Vec<Cow<'_, Note>> = Vec::new();
    let mut known: BTreeMap<(Level, &str), usize> = BTreeMap::new();
    for note in notes {
        match known.get(&(note.level, note.message.as_str())) {
            Some(at) => {
                let places: &mut Vec<_> = &mut merged[*at].to_mut().places;
                note.places.iter().for_each(|place| {
                    if !places.contains(place) {
                        places.push(place.clone());
                    }
                });
            }
            None => {
                known.insert((note.level, note.message.as_str()), merged.len());
                merged.push(Cow::Borrowed(note));
            }
        }
    }
    merged.sort_by_key(|note| std::cmp::Reverse(note.level));
    let mut shown: Vec<Shown> = Vec::new();
    let mut of_shape = BTreeMap::new();
    for note in merged {
        let seen: &mut (usize, usize) = of_shape.entry((note.level, shape(&note.message))).or_default();
        seen.0 += 1;
        if all || seen.0 <= ALIKE {
            seen.1 = shown.len();
            shown.push(Shown { note: note.into_owned(), more: 0 });
        } else {
            shown[seen.1].more += 1;
        }
    }
    shown
}

/// The plain words of a message, without names: words in quotes, and words with other characters than letters.
fn shape(message: &str) -> String {
    let unquoted = message.split(['"', '`', '\'']).step_by(2);
    let words = unquoted
        .flat_map(str::split_whitespace)
        .map(|word| word.trim_end_matches([',', ';', ':', '.']))
        .filter(|word| word.chars().all(char::is_alphabetic));
    let mut shape = String::with_capacity(message.len());
    for word in words {
        shape.push_str(word);
        shape.push(' ');
    }
    shape
}

#[cfg(test)]
mod tests {
    use deployer_core::error::Place;

    use super::*;

    #[test]
    fn equal_notes_become_one_with_all_places() {
        let note = |line| Note::warning("twice").at_all([Place::new("a", line, 1)]);
        let shown = condensed(&[Note::remark("b"), note(1), note(2), note(1)], false);
        let places: Vec<u32> = shown[0].note.places.iter().map(|place| place.line).collect();
        assert_eq!((shown.len(), places), (2, vec![1, 2]), "warnings come first");
    }

    #[test]
    fn of_notes_that_differ_in_names_the_first_are_shown_with_the_number_of_the_rest() {
        let note =
            |pipe: &str| Note::warning(format!("pipe {pipe:?} is read by several pipes: {pipe}-1, {pipe}-2"));
        let notes: Vec<Note> = (0..240).map(|number| note(&format!("p-{number}"))).collect();
        let notes = [notes, vec![Note::warning("another one")]].concat();
        let shown = condensed(&notes, false);
        let more: Vec<usize> = shown.iter().map(|shown| shown.more).collect();
        assert_eq!(more, [0, 0, 237, 0]);
        assert_eq!(condensed(&notes, true).len(), 241);
    }
}
