//! A layered layout: boxes in columns from left to right, one lane per node, and links that bend around boxes.
//!
//! Cycles are broken by a depth-first search. A box is in the column behind its last source. A link over several columns gets a cell in
//! each of them, so that no link runs through a box. The order in a column comes from sweeps that compare the neighbours of cells, and the
//! heights from pooling cells that want the same place.

mod cells;
mod order;
mod place;
mod ranks;

use self::cells::{Cell, Layers, PASSING};
use self::order::ordered;
use self::place::heights;
use self::ranks::{acyclic, ranks};

/// A point, from the top left corner.
pub(crate) type Point = (i64, i64);

/// A box before it has a place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) lane: usize,
    pub(crate) wide: i64,
    pub(crate) high: i64,
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rect {
    pub(crate) x: i64,
    pub(crate) y: i64,
    pub(crate) wide: i64,
    pub(crate) high: i64,
}

/// Where everything is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) boxes: Vec<Rect>,
    /// Per link the points that it runs through, from its first box to its last one. Empty for a link from a box to itself.
    pub(crate) links: Vec<Vec<Point>>,
    /// Top and bottom of each lane.
    pub(crate) lanes: Vec<(i64, i64)>,
    /// The right edge of the last column.
    pub(crate) wide: i64,
}

/// A link before it has a way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tie {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// The width of its label, which is behind its first column. 0 without a label.
    pub(crate) label: i64,
}

/// Gives each box a place.
pub(crate) fn layout(boxes: &[Size], ties: &[Tie], lanes: usize) -> Layout {
    let links: Vec<(usize, usize)> = ties.iter().map(|tie| (tie.from, tie.to)).collect();
    let links = links.as_slice();
    let forward = acyclic(boxes.len(), links);
    let ranks = ranks(boxes.len(), &forward);
    let cell =
        |(size, rank): (&Size, &usize)| Cell { lane: size.lane, rank: *rank, high: size.high, is_box: true };
    let mut layers = Layers { cells: boxes.iter().zip(&ranks).map(cell).collect(), steps: Vec::new() };
    let chains: Vec<Vec<usize>> =
        forward.iter().map(|link| link.map_or_else(Vec::new, |link| chain(&mut layers, link))).collect();
    let columns = ordered(&layers);
    let (tops, lanes) = heights(&layers, &columns, lanes);
    let mut gaps = vec![0; columns.len()];
    for (tie, chain) in ties.iter().zip(&chains) {
        if let Some(first) = chain.first() {
            let gap = &mut gaps[ranks[*first]];
            *gap = tie.label.max(*gap);
        }
    }
    let edges = edges(boxes, &layers, &columns, &gaps);
    let placed: Vec<Rect> = boxes
        .iter()
        .enumerate()
        .map(|(at, size)| Rect { x: edges[ranks[at]].0, y: tops[at], wide: size.wide, high: size.high })
        .collect();
    let links =
        links.iter().zip(&chains).map(|(link, chain)| route(*link, chain, &placed, &tops, &layers, &edges));
    let links = links.collect();
    Layout { boxes: placed, links, lanes, wide: edges.last().map_or(0, |edge| edge.1) }
}

/// The cells of a link from left to right, with one in each column between.
fn chain(layers: &mut Layers, (from, to): (usize, usize)) -> Vec<usize> {
    let (lane, last) = (layers.cells[to].lane, layers.cells[to].rank);
    let mut chain = vec![from];
    for rank in layers.cells[from].rank + 1..last {
        chain.push(layers.cells.len());
        layers.cells.push(Cell { lane, rank, high: PASSING, is_box: false });
    }
    chain.push(to);
    layers.steps.extend(chain.windows(2).map(|pair| (pair[0], pair[1])));
    chain
}

/// The left and the right edge of each column. More links between two columns need more space, and so do their labels (`gaps`).
fn edges(boxes: &[Size], layers: &Layers, columns: &[Vec<usize>], gaps: &[i64]) -> Vec<(i64, i64)> {
    let mut steps = vec![0_i64; columns.len() + 1];
    layers.steps.iter().for_each(|(from, _)| steps[layers.cells[*from].rank] += 1);
    let mut left = 0;
    let mut edges = Vec::new();
    for (rank, column) in columns.iter().enumerate() {
        let wide = column.iter().filter_map(|cell| boxes.get(*cell)).map(|size| size.wide).max().unwrap_or(0);
        edges.push((left, left + wide));
        left += wide + (60 + (steps[rank] * 3).min(120)).max(gaps[rank] + 40);
    }
    edges
}

/// The points of a link in its own direction.
fn route(
    (from, to): (usize, usize),
    chain: &[usize],
    placed: &[Rect],
    tops: &[i64],
    layers: &Layers,
    edges: &[(i64, i64)],
) -> Vec<Point> {
    let (Some(&first), Some(&last)) = (chain.first(), chain.last()) else { return Vec::new() };
    let middle = |rect: &Rect| rect.y + rect.high / 2;
    let (start, edge) = (placed[first].x + placed[first].wide, edges[layers.cells[first].rank].1);
    let mut points = vec![(start, middle(&placed[first])), (edge, middle(&placed[first]))];
    for &cell in &chain[1..chain.len() - 1] {
        let (y, (left, right)) = (tops[cell] + PASSING / 2, edges[layers.cells[cell].rank]);
        points.extend([(left, y), (right, y)]);
    }
    points.push((placed[last].x, middle(&placed[last])));
    if (first, last) != (from, to) {
        points.reverse();
    }
    points
}

#[cfg(test)]
mod tests;
