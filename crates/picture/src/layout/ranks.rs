//! Columns: cycles are broken, and each box is behind its sources.

/// The links without cycles: one that would close a cycle is turned around. `None` for a link from a box to itself.
pub(super) fn acyclic(boxes: usize, links: &[(usize, usize)]) -> Vec<Option<(usize, usize)>> {
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); boxes];
    for (at, (from, to)) in links.iter().enumerate() {
        if from != to {
            after[*from].push(at);
        }
    }
    let mut turned = vec![false; links.len()];
    let mut is_open = vec![false; boxes];
    let mut is_done = vec![false; boxes];
    for start in 0..boxes {
        let mut path: Vec<(usize, usize)> = Vec::new();
        if !is_done[start] {
            is_open[start] = true;
            path.push((start, 0));
        }
        while let Some((current, next)) = path.pop() {
            let Some(&link) = after[current].get(next) else {
                is_open[current] = false;
                is_done[current] = true;
                continue;
            };
            path.push((current, next + 1));
            let to = links[link].1;
            if is_open[to] {
                turned[link] = true;
            } else if !is_done[to] {
                is_open[to] = true;
                path.push((to, 0));
            }
        }
    }
    let direction = |(at, (from, to)): (usize, &(usize, usize))| match (from == to, turned[at]) {
        (true, _) => None,
        (false, true) => Some((*to, *from)),
        (false, false) => Some((*from, *to)),
    };
    links.iter().enumerate().map(direction).collect()
}

/// The column of each box: behind its last source. A box without a source is right before the first box that reads it.
pub(super) fn ranks(boxes: usize, links: &[Option<(usize, usize)>]) -> Vec<usize> {
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); boxes];
    let mut sources = vec![0_usize; boxes];
    for (from, to) in links.iter().flatten() {
        after[*from].push(*to);
        sources[*to] += 1;
    }
    let is_first: Vec<bool> = sources.iter().map(|sources| *sources == 0).collect();
    let mut ready: Vec<usize> = (0..boxes).filter(|at| is_first[*at]).collect();
    let mut ranks = vec![0_usize; boxes];
    while let Some(current) = ready.pop() {
        for &to in &after[current] {
            ranks[to] = ranks[to].max(ranks[current] + 1);
            sources[to] -= 1;
            if sources[to] == 0 {
                ready.push(to);
            }
        }
    }
    for at in (0..boxes).filter(|at| is_first[*at]) {
        let nearest = after[at].iter().map(|to| ranks[*to]).min();
        ranks[at] = nearest.map_or(0, |nearest| nearest - 1);
    }
    ranks
}
