//! What is kept of an output that differs, so that memory does not grow with the number of large outputs.

use deployer_expectations::{Compared, Difference};

use crate::output::{Style, unified};
use crate::tested::Differing;

/// The most bytes of the values, and of the diff.
const MOST: usize = 64 * 1024;

/// The beginning of the differences. `file` is the expected file.
pub(super) fn differing((kind, sum): (&'static str, String), file: &str, compared: &Compared) -> Differing {
    let whole =
        unified::texts((file, "output of the node"), &compared.expected, &compared.got, Style::default());
    let size = |it: &Difference| {
        let of = |value: &Option<String>| value.as_ref().map_or(0, String::len);
        it.entity.len() + it.path.len() + of(&it.expected) + of(&it.got)
    };
    let values = beginning(&compared.differences, size).to_vec();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let shown = beginning(&lines, |line| line.len());
    Differing {
        kind,
        sum,
        line: first_difference(compared),
        more_values: compared.differences.len() - values.len(),
        values,
        diff: shown.concat(),
        more_lines: lines.len() - shown.len(),
    }
}

/// As many of the first items as fit.
fn beginning<T>(items: &[T], size: impl Fn(&T) -> usize) -> &[T] {
    let mut left = MOST;
    let fits = items.iter().take_while(|item| match left.checked_sub(size(item)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    });
    let number = fits.count();
    &items[..number]
}

/// The first line of the expected text that differs.
fn first_difference(compared: &Compared) -> u32 {
    let same = compared.expected.lines().zip(compared.got.lines()).take_while(|(one, other)| one == other);
    u32::try_from(same.count() + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_does_not_grow_with_the_output() {
        let of = |number: usize| {
            let text = |end: &str| (0..number).map(|at| format!("{at} is {end}\n")).collect::<String>();
            let difference = |at: usize| Difference {
                entity: at.to_string(),
                path: String::new(),
                expected: Some("a".repeat(100)),
                got: None,
            };
            let (expected, got) = ("same\n".to_owned() + &text("a"), "same\n".to_owned() + &text("b"));
            let differences = (0..number).map(difference).collect();
            differing(("content", String::new()), "a.json", &Compared { expected, got, differences })
        };
        let small = of(3);
        assert_eq!((small.line, small.values.len(), small.more_values, small.more_lines), (2, 3, 0, 0));
        assert!(
            small.diff.starts_with("--- a.json\n+++ output of the node\n@@ -1,4 +1,4 @@\n same\n-0 is a\n"),
            "{}",
            small.diff
        );
        let large = of(100_000);
        assert!(large.diff.len() <= MOST && large.diff.ends_with('\n'));
        assert_eq!(large.values.len() + large.more_values, 100_000);
        assert_eq!(large.diff.lines().count() + large.more_lines, 200_004);
        assert!(large.values.len() * 100 <= MOST);
    }
}
