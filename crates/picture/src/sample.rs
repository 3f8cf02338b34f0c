//! Pictures for the tests.

use crate::{Crossing, Node, Picture, Reader, Replica, Way};

fn node(name: &str, proxy: bool) -> Node {
    Node { name: name.to_owned(), proxy, pipes: 5, systems: 2, generated: 3 }
}

/// A crossing with one reader, a replica on each node, and the extra node as the one that opens the connection.
pub(crate) fn crossing(from: &str, to: &str, pipe: &str) -> Crossing {
    let replica = |node: &str, id: String| Replica { node: node.to_owned(), id };
    let extra = if from == "master" { to } else { from };
    Crossing {
        from: from.to_owned(),
        to: to.to_owned(),
        pipe: pipe.to_owned(),
        datasets: vec![pipe.to_owned()],
        readers: vec![Reader { pipe: "global-kunde".to_owned(), dataset: pipe.to_owned(), way: Way::Hop }],
        replicas: vec![replica(from, format!("{pipe}-to-{to}")), replica(to, pipe.to_owned())],
        opened_by: Some(extra.to_owned()),
    }
}

/// A master, an extra node that data crosses to and from, and a proxy node with a pipe that nobody reads.
pub(crate) fn demo() -> Picture {
    let mut unread = crossing("marked", "master", "marked-balanse");
    unread.readers.clear();
    unread.opened_by = Some("master".to_owned());
    Picture {
        nodes: vec![node("master", false), node("nett", false), node("marked", true)],
        crossings: vec![
            crossing("nett", "master", "nett-anlegg"),
            crossing("nett", "master", "nett-måler"),
            crossing("master", "nett", "kunde-nett"),
            unread,
        ],
    }
}

/// A picture with many pipes from one node.
pub(crate) fn wide(pipes: usize) -> Picture {
    let crossings =
        (0..pipes).map(|number| crossing("nett", "master", &format!("pipe-{number:04}"))).collect();
    Picture { nodes: vec![node("master", false), node("nett", false)], crossings }
}

/// Any picture, with IDs that try to leave their quotes.
pub(crate) fn any(u: &mut arbtest::arbitrary::Unstructured<'_>) -> arbtest::arbitrary::Result<Picture> {
    const IDS: [&str; 8] = [
        "a",
        "nett-måler",
        "</title><script>",
        "\"] --> n0[\"",
        "\\\" -> x",
        "顧客顧客顧客",
        "a-very-long-name-of-a-pipe-that-no-picture-can-show-as-a-whole",
        "",
    ];
    let mut nodes = vec![node("master", false)];
    for number in 0..u.int_in_range(0..=4)? {
        nodes.push(node(&format!("{}{number}", u.choose(&IDS)?), u.arbitrary()?));
    }
    let mut crossings = Vec::new();
    if nodes.len() > 1 {
        for number in 0..u.int_in_range(0..=40)? {
            let extra = u.int_in_range(1..=nodes.len() - 1)?;
            let (from, to) = if u.arbitrary()? { (0, extra) } else { (extra, 0) };
            let id = format!("{}{number}", u.choose(&IDS)?);
            let mut crossing = crossing(&nodes[from].name, &nodes[to].name, &id);
            match u.int_in_range(0..=4)? {
                0 => crossing.readers.clear(),
                1 => crossing.replicas.clear(),
                2 => crossing.opened_by = None,
                3 => crossing.datasets.clear(),
                _ => crossing.opened_by = Some(nodes[0].name.clone()),
            }
            crossings.push(crossing);
        }
    }
    Ok(Picture { nodes, crossings })
}
