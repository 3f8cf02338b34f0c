use super::*;
use crate::sample::{any, demo, wide};

/// The values of an attribute of all elements with a name.
fn numbers(svg: &str, element: &str, attribute: &str) -> Vec<usize> {
    let attribute = format!(" {attribute}=\"");
    let start = format!("<{element} ");
    let elements = svg.split(&*start).skip(1).map(|rest| rest.split('>').next().unwrap_or(rest));
    let value = |tag: &str| format!(" {tag}").split_once(&attribute)?.1.split('"').next()?.parse().ok();
    elements.filter_map(value).collect()
}

#[test]
fn a_row_shows_the_pipe_its_replica_its_readers_and_who_opens_the_connection() {
    let svg = svg(&demo());
    for part in [
        "class=\"own\">nett-anlegg</text>",
        "class=\"small\">through <tspan class=\"made\">nett-anlegg-to-master</tspan></text>",
        "class=\"id\">global-kunde</text>",
        "class=\"small\">reads <tspan class=\"made\">nett-anlegg</tspan> in a hop</text>",
        "<title>nett-anlegg crosses from nett to master as nett-anlegg; global-kunde reads nett-anlegg in a hop; replicas: \
         nett-anlegg-to-master on nett, nett-anlegg on master; nett opens the connection</title>",
        ">no pipe reads it</text>",
        ">proxy node</text>",
        "<desc>4 pipes cross between 3 nodes. From nett to master: nett-anlegg, nett-måler. From master to nett: kunde-nett. \
         nett opens every connection. From marked to master: marked-balanse. master opens every connection.</desc>",
        ">5 pipes, 2 systems · 3 of them generated</text>",
        "<tspan class=\"count-in\">2 to master</tspan> · <tspan class=\"count-out\">1 to nett</tspan>",
        ">master opens every connection</text>",
    ] {
        assert!(svg.contains(part), "{part}: {svg}");
    }
}

#[test]
fn more_than_twelve_rows_are_counted_and_thirteen_are_drawn() {
    assert_eq!(svg(&wide(13)).matches("opens the connection</title>").count(), 13);
    let many = svg(&wide(2_000));
    assert_eq!(many.matches("opens the connection</title>").count(), MOST_ROWS);
    assert!(many.contains(">and 1988 more to master</text>"));
}

#[test]
fn one_node_alone_is_a_picture_too() {
    let mut picture = demo();
    picture.nodes.truncate(1);
    picture.crossings.clear();
    assert!(svg(&picture).contains("There is one node, so nothing crosses"));
    assert!(svg(&Picture::default()).ends_with("</svg>\n"));
}

#[test]
fn any_picture_is_well_formed_inside_its_bounds_and_the_same_each_time() {
    arbtest::arbtest(|u| {
        let picture = any(u)?;
        let drawn = svg(&picture);
        assert_eq!(drawn, svg(&picture));
        for forbidden in ["<script", " style=", "url(", "href"] {
            assert!(!drawn.contains(forbidden), "{forbidden}: {drawn}");
        }
        for element in ["g", "text", "tspan", "title", "svg", "desc"] {
            let opened = drawn.matches(&format!("<{element}>")).count()
                + drawn.matches(&format!("<{element} ")).count();
            assert_eq!(opened, drawn.matches(&format!("</{element}>")).count(), "{element}");
        }
        let (wide, high) = (numbers(&drawn, "svg", "width")[0], numbers(&drawn, "svg", "height")[0]);
        assert!(numbers(&drawn, "text", "x").iter().all(|x| *x < wide), "{drawn}");
        assert!(numbers(&drawn, "text", "y").iter().all(|y| *y < high), "{drawn}");
        Ok(())
    });
}

#[test]
fn cards_do_not_overlap_and_each_wire_ends_at_two_cards() {
    arbtest::arbtest(|u| {
        let picture = any(u)?;
        let drawn = svg(&picture);
        let cards: Vec<&str> = drawn.split("<rect ").filter(|tag| tag.contains("class=\"card\"")).collect();
        let side = |name| -> Vec<usize> {
            cards.iter().flat_map(|tag| numbers(&format!("<rect {tag}"), "rect", name)).collect()
        };
        let (xs, ys, wides, highs) = (side("x"), side("y"), side("width"), side("height"));
        for others in (1..cards.len()).collect::<Vec<_>>().windows(2) {
            assert!(ys[others[0]] + highs[others[0]] < ys[others[1]], "{drawn}");
        }
        if cards.len() > 1 {
            let (left, right) = (xs[0] + wides[0], xs[1]);
            assert!(left < right);
            let wires: Vec<&str> = drawn.split("<line ").filter(|tag| tag.contains("class=\"wire")).collect();
            // The last two are in the legend.
            for wire in &wires[..wires.len() - 2] {
                let tag = format!("<line {wire}");
                let (from, to) = (numbers(&tag, "line", "x1")[0], numbers(&tag, "line", "x2")[0]);
                // A tip and a dot take the rest.
                assert!((left..=left + 19).contains(&from) && (right - 19..=right).contains(&to), "{wire}");
            }
        }
        Ok(())
    });
}

#[test]
fn each_replica_is_in_exactly_one_row() {
    arbtest::arbtest(|u| {
        let picture = any(u)?;
        let rows: usize = pairs(&picture)
            .iter()
            .flat_map(|pair| pair.crossings().map(|crossing| crossing.replicas.len()).collect::<Vec<_>>())
            .sum();
        assert_eq!(rows, picture.crossings.iter().map(|crossing| crossing.replicas.len()).sum::<usize>());
        let shown: Vec<String> = pairs(&picture)
            .iter()
            .flat_map(|pair| {
                let directions = pair.directions().flat_map(|(_, _, crossings)| drawn(crossings).0.to_vec());
                directions.map(crate::words::sentence).collect::<Vec<_>>()
            })
            .collect();
        let image = svg(&picture);
        for sentence in shown {
            assert_eq!(
                image.matches(&format!("<title>{}</title>", escape(&sentence))).count(),
                1,
                "{sentence}"
            );
        }
        Ok(())
    });
}
