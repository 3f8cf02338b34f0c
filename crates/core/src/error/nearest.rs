//! Likely misspellings.

use strsim::normalized_damerau_levenshtein as likeness;

/// How alike a misspelling and the name that was meant are: from 0 to 1.
const LIKELY: f64 = 0.6;

/// The name out of `known` that is nearest to `name`, when one is near enough to be a likely misspelling. Paths are near when the names
/// of the files are, without the ending that they share.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(f64, &str)> = None;
    for candidate in known {
        let (own, other) = differing(name, candidate);
        let at_most = at_most(own, other);
        if at_most < LIKELY || best.is_some_and(|(score, _)| at_most + self::at_most(name, candidate) < score)
        {
            continue;
        }
        let score = likeness(own, other);
        if score < LIKELY {
            continue;
        }
        let score = score + likeness(name, candidate);
        if best.is_none_or(|(high, first)| score > high || score == high && candidate < first) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The hint at the nearest of the known names, if there is one.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, known).map(|name| format!("did you mean `{name}`?"))
}

/// How alike two names are at most: a change of one character into another removes one and adds one, and a swap of two does neither. This
/// takes far less time than [`likeness`], so that most names of a large configuration need no more.
fn at_most(one: &str, other: &str) -> f64 {
    let mut surplus = [0_i32; 64];
    let (mut length, mut other_length) = (0_i32, 0_i32);
    for character in one.chars() {
        surplus[character as usize % 64] += 1;
        length += 1;
    }
    for character in other.chars() {
        surplus[character as usize % 64] -= 1;
        other_length += 1;
    }
    let removed: i32 = surplus.iter().filter(|surplus| **surplus > 0).sum();
    let added = other_length - length + removed;
    let longest = length.max(other_length);
    if longest == 0 { 1.0 } else { 1.0 - f64::from(removed.max(added)) / f64::from(longest) }
}

/// The names of two files without their folders and the ending that both have. Other names are given back whole.
fn differing<'a, 'b>(one: &'a str, other: &'b str) -> (&'a str, &'b str) {
    let Some((_, one_file)) = one.rsplit_once('/') else { return (one, other) };
    let Some((_, other_file)) = other.rsplit_once('/') else { return (one, other) };
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
    fn names_are_never_more_alike_than_at_most() {
        let names =
            ["", "a", "ab", "ba", "crm-customer", "crm-cusotmer", "customer-crm", "bestå", "beståå", "ÅÅ"];
        for (one, other) in names.iter().flat_map(|one| names.iter().map(move |other| (one, other))) {
            assert!(likeness(one, other) <= at_most(one, other), "{one} {other}");
        }
        assert_eq!((at_most("ab", "ba"), at_most("abc", "xyz")), (1.0, 0.0));
    }

    #[test]
    fn of_names_that_are_equally_near_the_first_in_order_is_meant() {
        for known in [["crm-1", "crm-2"], ["crm-2", "crm-1"]] {
            assert_eq!(nearest("crm-0", known), Some("crm-1"));
        }
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
