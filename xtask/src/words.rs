//! Names that people mistype.

/// What is said of a name that is not among the known ones: the nearest, and all of them.
pub(crate) fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let guess = nearest(name, known).map(|near| format!("; did you mean {near}?")).unwrap_or(".".to_owned());
    format!("there is no {what} {name:?}{guess} There are {}", known.join(", "))
}

/// The known name that was probably meant.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let scored = known.iter().map(|known| (strsim::normalized_damerau_levenshtein(name, known), *known));
    let near = scored.filter(|(score, _)| *score >= 0.6);
    near.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1))).map(|(_, known)| known)
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
