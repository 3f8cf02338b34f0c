//! Why data crosses between nodes, in words.

use deployer_core::model::{Crossing, MASTER, ReadWay};

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
    }
}
