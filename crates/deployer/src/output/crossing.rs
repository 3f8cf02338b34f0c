//! Why data crosses between nodes, in words.

use deployer_core::model::{Crossing, MASTER, ReadWay};

use super::count;

/// Why the replicas of a crossing exist: `global-customer reads extra-customers in a hop`.
pub(super) fn reason(crossing: &Crossing) -> String {
    if crossing.readers.is_empty() {
        let extra = if crossing.from.as_str() == MASTER { &crossing.to } else { &crossing.from };
        return format!("{extra} is a proxy node");
    }
    let readers = crossing
        .readers
        .iter()
        .map(|reader| format!("{} reads {}{}", reader.pipe, reader.dataset, way(reader.way)));
    readers.collect::<Vec<_>>().join("; ")
}

/// The same, short enough for a line of a terminal: `global-customer reads it in a hop, and 2 more pipes`.
pub(super) fn short_reason(crossing: &Crossing) -> String {
    let [first, more @ ..] = crossing.readers.as_slice() else { return reason(crossing) };
    let dataset = if first.dataset == crossing.pipe { "it" } else { &*first.dataset };
    let more = match more.len() {
        0 => String::new(),
        more => format!(", and {}", count(more, "more pipe")),
    };
    format!("{} reads {dataset}{}{more}", first.pipe, way(first.way))
}

/// How a pipe reads a dataset, after `reads <dataset>`.
fn way(way: ReadWay) -> &'static str {
    match way {
        ReadWay::Hop => " in a hop",
        ReadWay::Lookup => " in a lookup",
        ReadWay::Share => " as its share dataset",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deployer_core::model::DatasetReader;

    #[test]
    fn a_reason_names_every_reader_with_its_way_or_the_proxy_node() {
        let mut crossing = Crossing::new("x".into(), MASTER.into(), "p".into());
        assert_eq!(reason(&crossing), "x is a proxy node");
        crossing.readers = vec![
            DatasetReader::new("b".into(), "p", ReadWay::Hop),
            DatasetReader::new("a".into(), "d", ReadWay::Source),
            DatasetReader::new("c".into(), "p", ReadWay::Lookup),
            DatasetReader::new("s".into(), "p", ReadWay::Share),
        ];
        let expected = "b reads p in a hop; a reads d; c reads p in a lookup; s reads p as its share dataset";
        assert_eq!(reason(&crossing), expected);
        assert_eq!(short_reason(&crossing), "b reads it in a hop, and 3 more pipes");
        crossing.readers.truncate(2);
        crossing.readers.remove(0);
        assert_eq!(short_reason(&crossing), "a reads d");
    }
}
