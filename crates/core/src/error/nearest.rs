//! Likely misspellings.

/// The name out of `known` that is nearest to `name`, when one is near enough to be a likely misspelling.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate))
        .filter(|(score, _)| *score >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_a_likely_misspelling_or_nothing() {
        assert_eq!(nearest("db-pasword", ["db-password", "other"]), Some("db-password"));
        assert_eq!(nearest("zzz", ["db-password", "other"]), None);
    }
}
