//! The cells of a layout: boxes, and the places where links pass columns.

/// A box, or the place where a link passes a column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub(super) lane: usize,
    pub(super) rank: usize,
    pub(super) high: i64,
    pub(super) is_box: bool,
}

/// The height of the place where a link passes a column.
pub(super) const PASSING: i64 = 8;

/// Cells, and the links between cells of neighbouring columns.
#[derive(Debug, Default)]
pub(super) struct Layers {
    pub(super) cells: Vec<Cell>,
    pub(super) steps: Vec<(usize, usize)>,
}
