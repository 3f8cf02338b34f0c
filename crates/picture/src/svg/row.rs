//! One row: a pipe, the dataset on the wire, and the pipes that read it.

use super::canvas::{Anchor, Canvas, PADDING};
use crate::markup::{escape, short, width};
use crate::model::{Crossing, Way};
use crate::words::{and_more, sentence, way};

/// The texts at one end of a wire: an ID, and a line below it with another ID between two texts.
#[derive(Debug)]
pub(super) struct End {
    class: &'static str,
    id: String,
    before: &'static str,
    made: String,
    after: String,
}

/// A row of the picture.
#[derive(Debug)]
pub(super) struct Row<'a> {
    crossing: &'a Crossing,
    to_left: bool,
    pub(super) left: End,
    pub(super) right: End,
    chip: String,
}

impl End {
    /// The width of the longer line.
    pub(super) fn width(&self) -> usize {
        let line = format!("{}{}{}", self.before, self.made, self.after);
        width(&self.id, 13).max(width(&line, 12))
    }

    fn draw(&self, canvas: &mut Canvas, x: usize, y: usize, anchor: Anchor) {
        canvas.text((x, y - 1), anchor, self.class, &self.id);
        let (before, made, after) = (escape(self.before), escape(&self.made), escape(&self.after));
        let line = format!("{before}<tspan class=\"made\">{made}</tspan>{after}");
        canvas.marked_text((x, y + 16), anchor, "small", &line);
    }
}

/// The owner of the data: its pipe, and the replica on its node that sends the data.
fn owner(crossing: &Crossing) -> End {
    let own = || crossing.replicas.iter().filter(|replica| replica.node == crossing.from);
    let (before, made) = match own().next() {
        Some(replica) => ("through ", short(&replica.id)),
        None => ("no replica on this node", String::new()),
    };
    let id = if crossing.pipe.is_empty() { "(no ID)".to_owned() } else { short(&crossing.pipe) };
    End { class: "own", id, before, made, after: and_more(own().count()) }
}

/// The readers of the data, and the replica on their node that they read.
fn reader(crossing: &Crossing) -> End {
    let near = || crossing.replicas.iter().filter(|replica| replica.node == crossing.to);
    let Some(first) = crossing.readers.first() else {
        let made = near().next().map(|replica| short(&replica.id)).unwrap_or_default();
        let before = if made.is_empty() { "no replica on this node" } else { "replicated to " };
        return End {
            class: "",
            id: "no pipe reads it".to_owned(),
            before,
            made,
            after: and_more(near().count()),
        };
    };
    let (before, made) = match (near().next(), first.way) {
        (Some(replica), Way::Source) => ("reads it from ", short(&replica.id)),
        (Some(replica), _) => ("reads ", short(&replica.id)),
        (None, _) => ("no replica on this node", String::new()),
    };
    let after = if made.is_empty() {
        String::new()
    } else {
        format!("{}{}", way(first.way), and_more(near().count()))
    };
    let id = format!("{}{}", short(&first.pipe), and_more(crossing.readers.len()));
    End { class: "id", id, before, made, after }
}

impl<'a> Row<'a> {
    pub(super) fn new(crossing: &'a Crossing, to_left: bool) -> Self {
        let (owner, reader) = (owner(crossing), reader(crossing));
        let (left, right) = if to_left { (reader, owner) } else { (owner, reader) };
        let first = crossing.datasets.first().map_or("no dataset".to_owned(), |dataset| short(dataset));
        let chip = format!("{first}{}", and_more(crossing.datasets.len()));
        Self { crossing, to_left, left, right, chip }
    }

    /// The width of the dataset on the wire, with its border.
    pub(super) fn chip_width(&self) -> usize {
        width(&self.chip, 13) + 20
    }

    /// Draws the row between the edges of two cards.
    pub(super) fn draw(&self, canvas: &mut Canvas, (left, right): (usize, usize), y: usize) {
        canvas.titled(&sentence(self.crossing), |canvas| {
            let opener = self.crossing.opened_by.as_deref();
            let dot_at_tip = opener == Some(self.crossing.to.as_str());
            arrow(canvas, (left, right), y, self.to_left, if dot_at_tip { 10 } else { 0 });
            let class = if self.to_left { "dot dot-in" } else { "dot dot-out" };
            if opener.is_some() {
                let at_left = dot_at_tip == self.to_left;
                canvas.circle((if at_left { left } else { right }, y), class);
            }
            let (middle, wide) = ((left + right) / 2, self.chip_width());
            canvas.rect((middle - wide / 2, y - 12), (wide, 24), 5, "chip");
            canvas.text((middle, y + 5), Anchor::Middle, "id", &self.chip);
            self.left.draw(canvas, left - PADDING, y, Anchor::End);
            self.right.draw(canvas, right + PADDING, y, Anchor::Start);
        });
    }
}

/// A wire with a tip at the receiver. `space` is what the tip leaves free before the edge.
pub(super) fn arrow(
    canvas: &mut Canvas,
    (left, right): (usize, usize),
    y: usize,
    to_left: bool,
    space: usize,
) {
    if to_left {
        let tip = left + space + 1;
        canvas.line((tip + 8, y), (right, y), "wire in");
        canvas.triangle([(tip, y), (tip + 11, y - 6), (tip + 11, y + 6)], "tip-in");
    } else {
        let tip = right - space - 1;
        canvas.line((left, y), (tip - 8, y), "wire out");
        canvas.triangle([(tip, y), (tip - 11, y - 6), (tip - 11, y + 6)], "tip-out");
    }
}
