//! Workflow commands of GitHub Actions.

use deployer_core::error::Place;

/// `::error file=…,line=…,col=…::text`
pub(super) fn annotation(severity: &str, place: Option<&Place>, text: &str) -> String {
    let mut properties = Vec::new();
    if let Some(place) = place {
        properties.push(format!("file={}", property(&place.file)));
        let numbers = [("line", place.line), ("col", place.column)];
        properties
            .extend(numbers.iter().filter(|(_, number)| *number > 0).map(|(name, n)| format!("{name}={n}")));
    }
    let gap = if properties.is_empty() { "" } else { " " };
    format!("::{severity}{gap}{}::{}", properties.join(","), data(text))
}

/// What stands behind the second `::` of a command.
pub(super) fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_and_every_line_are_written_as_the_runner_reads_them() {
        let place = Place::new("node/pipes/a:b,c.conf.json", 14, 23);
        assert_eq!(
            annotation("error", Some(&place), "100 %: a,\r\nb"),
            "::error file=node/pipes/a%3Ab%2Cc.conf.json,line=14,col=23::100 %25: a,%0D%0Ab"
        );
        assert_eq!(annotation("warning", Some(&Place::file("a")), "b"), "::warning file=a::b");
        assert_eq!(annotation("error", None, "b"), "::error::b");
    }
}
