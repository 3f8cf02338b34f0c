//! Likely misspellings.

use strsim::normalized_damerau_levenshtein as likeness;

/// How alike a misspelling and the name that was meant are: from 0 to 1.
const LIKELY: f64 = 0.6;

/// The name out of `known` that is nearest to `name`, when one is near enough to be a likely misspelling. Paths are near when the names
/// of the files are, without the ending that they share.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .filter_map(|candidate| {
            let (own, other) = differing(name, candidate);
            let score = likeness(own, other);
            (score >= LIKELY).then(|| (score + likeness(name, candidate), candidate))
        })
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}

/// The names of two files without their folders and the ending that both have. Other names are given back whole.
fn differing<'a, 'b>(one: &'a str, other: &'b str) -> (&'a str, &'b str) {
    let (Some((_, one_file)), Some((_, other_file))) = (one.rsplit_once('/'), other.rsplit_once('/')) else {
        return (one, other);
    };
    match (one_file.split_once('.'), other_file.split_once('.')) {
        (Some((one_stem, one_end)), Some((other_stem, other_end))) if one_end == other_end => {
            (one_stem, other_stem)
        }
        _ => (one_file, other_file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_a_likely_misspelling_or_nothing() {
        assert_eq!(nearest("db-pasword", ["db-password", "other"]), Some("db-password"));
        assert_eq!(nearest("zzz", ["db-password", "other"]), None);
    }

    #[test]
    fn the_folder_and_the_ending_that_paths_share_make_no_file_near() {
        let known = ["pipes/ad-user.conf.json", "pipes/bouvet-event.conf.json", "systems/crm.conf.json"];
        for (path, expected) in [
            ("pipes/ardoq-system.conf.json", None),
            ("pipes/x.conf.json", None),
            ("pipes/bouvet-evnt.conf.json", Some("pipes/bouvet-event.conf.json")),
            ("pipes/bouvet-event.json", Some("pipes/bouvet-event.conf.json")),
            ("pipes/crm.conf.json", Some("systems/crm.conf.json")),
        ] {
            assert_eq!(nearest(path, known), expected, "{path}");
        }
    }
}
