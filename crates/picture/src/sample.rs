//! Pictures for the tests.

use crate::{Change, Crossing, Flow, Link, Member, MemberKind, Node, Picture, Reader, Replica, Way};

/// IDs, some of which try to leave their quotes.
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

/// A flow over two nodes, with a hop, a crossing and a changed pipe.
pub(crate) fn flow() -> Flow {
    let member = |lane, id: &str, kind, detail: &str| Member {
        lane,
        id: id.to_owned(),
        kind,
        detail: detail.to_owned(),
        is_focus: id == "global-måler",
        change: (id == "global-måler").then_some(Change::Change),
    };
    let link = |from, to, way, crosses, label: Option<&str>| Link {
        from,
        to,
        way,
        crosses,
        label: label.map(str::to_owned),
    };
    Flow {
        title: "global-måler".to_owned(),
        subtitle: "on master".to_owned(),
        lanes: vec!["nett".to_owned(), "master".to_owned()],
        members: vec![
            member(0, "nett-scada", MemberKind::Source, "system:rest"),
            member(0, "nett-måler", MemberKind::Pipe, "reads rest"),
            member(1, "crm-kunde", MemberKind::Pipe, "reads rest"),
            member(1, "global-kunde", MemberKind::Pipe, "merges 2 datasets"),
            member(1, "global-måler", MemberKind::Pipe, "merges 2 datasets"),
            member(1, "faktura-arkiv", MemberKind::Pipe, "reads a dataset"),
        ],
        links: vec![
            link(0, 1, Way::Source, false, None),
            link(1, 4, Way::Source, true, Some("through nett-måler-to-master")),
            link(2, 3, Way::Source, false, None),
            link(3, 4, Way::Hop, false, None),
            link(4, 5, Way::Source, false, None),
        ],
    }
}

/// Any flow, with IDs that try to leave their quotes.
pub(crate) fn any_flow(u: &mut arbtest::arbitrary::Unstructured<'_>) -> arbtest::arbitrary::Result<Flow> {
    let lanes: Vec<String> = (0..u.int_in_range(1..=3)?).map(|number| format!("</text>{number}")).collect();
    let mut members = Vec::new();
    for number in 0..u.int_in_range(1..=90)? {
        members.push(Member {
            lane: u.int_in_range(0..=lanes.len() - 1)?,
            id: format!("{}{number}", u.choose(&IDS)?),
            kind: *u.choose(&[MemberKind::Pipe, MemberKind::Source, MemberKind::Sink])?,
            detail: (*u.choose(&IDS)?).to_owned(),
            is_focus: u.arbitrary()?,
            change: *u.choose(&[None, Some(Change::Add), Some(Change::Change), Some(Change::Remove)])?,
        });
    }
    let mut links = Vec::new();
    for _ in 0..u.int_in_range(0..=120)? {
        links.push(Link {
            from: u.int_in_range(0..=members.len() - 1)?,
            to: u.int_in_range(0..=members.len() - 1)?,
            way: *u.choose(&[Way::Source, Way::Hop, Way::Lookup, Way::Share])?,
            crosses: u.arbitrary()?,
            label: u.arbitrary::<bool>()?.then(|| "\"><script>".to_owned()),
        });
    }
    Ok(Flow { title: "</title>".to_owned(), subtitle: "<b>".to_owned(), lanes, members, links })
}

/// Any picture, with IDs that try to leave their quotes.
pub(crate) fn any(u: &mut arbtest::arbitrary::Unstructured<'_>) -> arbtest::arbitrary::Result<Picture> {
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
