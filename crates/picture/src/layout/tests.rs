use super::*;

/// Boxes, links and the number of lanes.
type Graph = (Vec<Size>, Vec<(usize, usize)>, usize);

fn any(u: &mut arbtest::arbitrary::Unstructured<'_>) -> arbtest::arbitrary::Result<Graph> {
    let lanes = u.int_in_range(1..=4)?;
    let count = u.int_in_range(1..=40)?;
    let boxes = (0..count)
        .map(|_| {
            Ok(Size {
                lane: u.int_in_range(0..=lanes - 1)?,
                wide: u.int_in_range(20..=300)?,
                high: u.int_in_range(20..=60)?,
            })
        })
        .collect::<arbtest::arbitrary::Result<Vec<_>>>()?;
    let links = (0..u.int_in_range(0..=80)?)
        .map(|_| Ok((u.int_in_range(0..=count - 1)?, u.int_in_range(0..=count - 1)?)))
        .collect::<arbtest::arbitrary::Result<Vec<_>>>()?;
    Ok((boxes, links, lanes))
}

fn ties(links: &[(usize, usize)]) -> Vec<Tie> {
    links.iter().map(|(from, to)| Tie { from: *from, to: *to, label: 50 }).collect()
}

fn check(boxes: &[Size], links: &[(usize, usize)], lanes: usize) {
    let laid = layout(boxes, &ties(links), lanes);
    for (at, (rect, size)) in laid.boxes.iter().zip(boxes).enumerate() {
        let (top, bottom) = laid.lanes[size.lane];
        assert!(rect.y >= top && rect.y + rect.high <= bottom, "box {at} leaves its lane");
        assert!(rect.x >= 0 && rect.x + rect.wide <= laid.wide, "box {at} leaves the picture");
        for other in &laid.boxes[..at] {
            let apart = rect.x + rect.wide <= other.x
                || other.x + other.wide <= rect.x
                || rect.y + rect.high <= other.y
                || other.y + other.high <= rect.y;
            assert!(apart, "{rect:?} overlaps {other:?}");
        }
    }
    assert!(laid.lanes.windows(2).all(|pair| pair[0].1 < pair[1].0), "lanes overlap");
    for ((from, to), points) in links.iter().zip(&laid.links) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            assert_eq!(from, to);
            continue;
        };
        assert!(at_edge(laid.boxes[*from], *first) && at_edge(laid.boxes[*to], *last), "{points:?}");
    }
    assert_eq!(laid, layout(boxes, &ties(links), lanes));
}

/// Whether a point is in the middle of the left or the right edge.
fn at_edge(rect: Rect, (x, y): Point) -> bool {
    (x == rect.x || x == rect.x + rect.wide) && y == rect.y + rect.high / 2
}

#[test]
fn boxes_stay_apart_and_in_their_lanes_and_links_end_at_their_boxes() {
    arbtest::arbtest(|u| {
        let (boxes, links, lanes) = any(u)?;
        check(&boxes, &links, lanes);
        Ok(())
    });
}

#[test]
fn two_thousand_boxes_are_laid_out() {
    let size = |at: usize| Size { lane: at % 3, wide: 120, high: 46 };
    let boxes: Vec<Size> = (0..2_000).map(size).collect();
    let links: Vec<(usize, usize)> = (1..2_000).flat_map(|at| [(at / 2, at), (at / 3, at)]).collect();
    check(&boxes, &links, 3);
}

#[test]
fn links_that_need_not_cross_do_not_and_a_cycle_has_one_link_back() {
    let size = Size { lane: 0, wide: 100, high: 40 };
    let laid = layout(&[size; 4], &ties(&[(0, 3), (1, 2)]), 1);
    let [a, b, c, d] = [0, 1, 2, 3].map(|at| laid.boxes[at].y);
    assert_eq!(a < b, d < c);
    let laid = layout(&[size; 3], &ties(&[(0, 1), (1, 2), (2, 0)]), 1);
    let back = laid.links.iter().filter(|points| points[0].0 > points[points.len() - 1].0).count();
    assert_eq!(back, 1);
}
