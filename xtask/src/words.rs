//! Names that people mistype.

/// What is said of a name that is not among the known ones: the nearest, and all of them.
pub(crate) fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let guess = closest(name, known.iter().copied())
        .map(|near| format!("; did you mean {near}?"))
        .unwrap_or_else(|| ".".to_owned());
    format!("there is no {what} {name:?}{guess} There are {}", known.join(", "))
}

/// The candidate with the fewest differences to a word, when a third of its letters at most differ.
pub(crate) fn closest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let rated = candidates.map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate));
    rated
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, near)| distance * 3 <= near.len())
        .map(|(_, near)| near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_guessed_and_all_are_told() {
        let known = ["source", "store", "target", "notify"];
        let said = |name| unknown("family", name, &known);
        assert_eq!(
            said("stroe"),
            "there is no family \"stroe\"; did you mean store? There are source, store, target, notify"
        );
        assert_eq!(said("x"), "there is no family \"x\". There are source, store, target, notify");
    }
}
