//! The order of the cells in each column: lanes first, then as few crossings of links as sweeps find.

use super::cells::Layers;

/// Sweeps over all columns, half of them from the right.
const SWEEPS: usize = 24;

/// Neighbouring cells are exchanged in pictures up to this number of cells.
const EXCHANGED: usize = 1_500;

/// The neighbours of each cell in the columns before and after it.
struct Neighbours {
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
}

/// The cells of each column from the top.
pub(super) fn ordered(layers: &Layers) -> Vec<Vec<usize>> {
    let count = layers.cells.iter().map(|cell| cell.rank + 1).max().unwrap_or(0);
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (at, cell) in layers.cells.iter().enumerate() {
        columns[cell.rank].push(at);
    }
    let mut neighbours = Neighbours {
        before: vec![Vec::new(); layers.cells.len()],
        after: vec![Vec::new(); layers.cells.len()],
    };
    for (from, to) in &layers.steps {
        neighbours.after[*from].push(*to);
        neighbours.before[*to].push(*from);
    }
    let mut positions = vec![0; layers.cells.len()];
    for column in &mut columns {
        column.sort_by_key(|cell| layers.cells[*cell].lane);
        note(column, &mut positions);
    }
    let mut best = columns.clone();
    let mut fewest = crossings(&columns, &neighbours, &positions);
    for sweep in 0..SWEEPS {
        if fewest == 0 {
            break;
        }
        let from_left = sweep % 2 == 0;
        let order: Vec<usize> = if from_left { (0..count).collect() } else { (0..count).rev().collect() };
        let near = if from_left { &neighbours.before } else { &neighbours.after };
        for rank in order {
            columns[rank]
                .sort_by_key(|cell| (layers.cells[*cell].lane, mean(&near[*cell], &positions, *cell)));
            note(&columns[rank], &mut positions);
        }
        if layers.cells.len() <= EXCHANGED {
            exchange(&mut columns, layers, &neighbours, &mut positions);
        }
        let now = crossings(&columns, &neighbours, &positions);
        if now < fewest {
            fewest = now;
            best.clone_from(&columns);
        }
    }
    best
}

fn note(column: &[usize], positions: &mut [usize]) {
    column.iter().enumerate().for_each(|(at, cell)| positions[*cell] = at);
}

/// The mean position of the neighbours, in thousandths. A cell without neighbours stays where it is.
fn mean(near: &[usize], positions: &[usize], cell: usize) -> usize {
    match near.len() {
        0 => positions[cell] * 1_000,
        count => near.iter().map(|cell| positions[*cell] * 1_000).sum::<usize>() / count,
    }
}

/// Exchanges neighbours of a lane where that saves crossings.
fn exchange(columns: &mut [Vec<usize>], layers: &Layers, neighbours: &Neighbours, positions: &mut [usize]) {
    for column in columns {
        for at in 1..column.len() {
            let (upper, lower) = (column[at - 1], column[at]);
            if layers.cells[upper].lane != layers.cells[lower].lane {
                continue;
            }
            let cost = |upper: usize, lower: usize| {
                let of = |near: &[Vec<usize>]| crossed(&near[upper], &near[lower], positions);
                of(&neighbours.before) + of(&neighbours.after)
            };
            if cost(lower, upper) < cost(upper, lower) {
                column.swap(at - 1, at);
                note(column, positions);
            }
        }
    }
}

/// The crossings of the links of an upper and a lower cell.
fn crossed(upper: &[usize], lower: &[usize], positions: &[usize]) -> usize {
    let above = |one: &usize| lower.iter().filter(|other| positions[**other] < positions[*one]).count();
    upper.iter().map(above).sum()
}

/// All crossings between neighbouring columns: the inversions of the ends of the links, counted with a binary indexed tree.
fn crossings(columns: &[Vec<usize>], neighbours: &Neighbours, positions: &[usize]) -> usize {
    let mut all = 0;
    for pair in columns.windows(2) {
        let mut tree = vec![0_usize; pair[1].len() + 1];
        let mut seen = 0;
        for cell in &pair[0] {
            let mut ends: Vec<usize> = neighbours.after[*cell].iter().map(|to| positions[*to]).collect();
            ends.sort_unstable();
            for end in &ends {
                let (mut at, mut before) = (end + 1, 0);
                while at > 0 {
                    before += tree[at];
                    at &= at - 1;
                }
                all += seen - before;
            }
            for end in ends {
                let mut at = end + 1;
                while at < tree.len() {
                    tree[at] += 1;
                    at += at & at.wrapping_neg();
                }
                seen += 1;
            }
        }
    }
    all
}
