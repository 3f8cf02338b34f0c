//! The heights of cells: near their neighbours, in the order of their column, inside of their lane.

use super::cells::Layers;

/// The space between two cells.
const GAP: i64 = 18;
/// The space above the first cell of a lane, with the name of the lane.
const HEAD: i64 = 34;
/// The space below the last cell of a lane.
const FOOT: i64 = 16;
/// The space between lanes.
const BETWEEN: i64 = 10;
/// How often cells are moved to their neighbours, by turns to those before and those after them.
const ROUNDS: usize = 10;

/// The top of each cell, and top and bottom of each lane.
pub(super) fn heights(layers: &Layers, columns: &[Vec<usize>], lanes: usize) -> (Vec<i64>, Vec<(i64, i64)>) {
    let stacks: Vec<Vec<&[usize]>> = columns
        .iter()
        .map(|column| {
            column.chunk_by(|one, other| layers.cells[*one].lane == layers.cells[*other].lane).collect()
        })
        .collect();
    let mut needed = vec![0_i64; lanes];
    for stack in stacks.iter().flatten() {
        let lane = &mut needed[layers.cells[stack[0]].lane];
        *lane = (*lane).max(stack.iter().map(|cell| layers.cells[*cell].high + GAP).sum::<i64>() - GAP);
    }
    let mut top = 0;
    let mut edges = Vec::new();
    for high in needed {
        edges.push((top, top + HEAD + high + FOOT));
        top += HEAD + high + FOOT + BETWEEN;
    }
    let room = |stack: &[usize]| {
        let (top, bottom) = edges[layers.cells[stack[0]].lane];
        (top + HEAD, bottom - FOOT)
    };
    let mut tops = vec![0; layers.cells.len()];
    for stack in stacks.iter().flatten() {
        settle(stack, &vec![room(stack).0; stack.len()], room(stack), layers, &mut tops);
    }
    let (mut before, mut after) =
        (vec![Vec::new(); layers.cells.len()], vec![Vec::new(); layers.cells.len()]);
    for (from, to) in &layers.steps {
        after[*from].push(*to);
        before[*to].push(*from);
    }
    for round in 0..ROUNDS {
        let from_left = round % 2 == 0;
        let near = if from_left { &before } else { &after };
        let ranks: Vec<usize> =
            if from_left { (0..stacks.len()).collect() } else { (0..stacks.len()).rev().collect() };
        for rank in ranks {
            for stack in &stacks[rank] {
                let wanted: Vec<i64> =
                    stack.iter().map(|cell| wanted(*cell, &near[*cell], layers, &tops)).collect();
                settle(stack, &wanted, room(stack), layers, &mut tops);
            }
        }
    }
    (tops, edges)
}

/// The top at which the middle of a cell is the mean of the middles of its neighbours.
fn wanted(cell: usize, near: &[usize], layers: &Layers, tops: &[i64]) -> i64 {
    let middle = |cell: usize| tops[cell] + layers.cells[cell].high / 2;
    match i64::try_from(near.len()) {
        Ok(count) if count > 0 => {
            near.iter().map(|cell| middle(*cell)).sum::<i64>() / count - layers.cells[cell].high / 2
        }
        _ => tops[cell],
    }
}

/// A run of cells that touch.
struct Pool {
    sum: i64,
    weight: i64,
    cells: usize,
}

/// Moves the cells of a stack as near as possible to their wanted tops: neighbours that want each other's place are pooled at the mean.
fn settle(stack: &[usize], wanted: &[i64], (first, last): (i64, i64), layers: &Layers, tops: &mut [i64]) {
    let mut offsets = Vec::with_capacity(stack.len());
    let mut offset = 0;
    for cell in stack {
        offsets.push(offset);
        offset += layers.cells[*cell].high + GAP;
    }
    let mut pools: Vec<Pool> = Vec::new();
    for (at, cell) in stack.iter().enumerate() {
        // A link that passes a column stays straight where it can.
        let weight = if layers.cells[*cell].is_box { 1 } else { 3 };
        pools.push(Pool { sum: (wanted[at] - offsets[at]) * weight, weight, cells: 1 });
        while let [.., upper, lower] = pools.as_mut_slice() {
            if upper.sum * lower.weight <= lower.sum * upper.weight {
                break;
            }
            upper.sum += lower.sum;
            upper.weight += lower.weight;
            upper.cells += lower.cells;
            pools.pop();
        }
    }
    // What the lane allows for each cell, without its offset: all cells above and below it fit too.
    let highest = last - (offset - GAP);
    let mut at = 0;
    for pool in pools {
        let top = pool.sum.div_euclid(pool.weight).clamp(first, highest.max(first));
        for _ in 0..pool.cells {
            tops[stack[at]] = top + offsets[at];
            at += 1;
        }
    }
}
