//! The crossing picture as SVG: the master left, the other nodes right, and one row per pipe whose data crosses.

mod canvas;
mod flow;
mod row;

use std::collections::BTreeSet;

pub(crate) use self::canvas::STYLE;
use self::canvas::{Anchor, Canvas, PADDING};
pub use self::flow::svg as flow_svg;
use self::row::Row;
use crate::markup::{escape, short, width};
use crate::model::{Crossing, Node, Picture};
use crate::rows::{MOST_ROWS, Pair, drawn, pairs};
use crate::words::{contents, count, opened};

const MARGIN: usize = 40;
const TOP: usize = 92;
const HEADER: usize = 62;
const ROW: usize = 50;
const REST: usize = 34;
const GAP: usize = 22;
const BOTTOM: usize = 14;

/// Where the cards and the wires between them are.
struct Frame {
    /// The right edge of the master's card.
    left: usize,
    /// The left edge of the other cards.
    right: usize,
    /// The right edge of the other cards.
    end: usize,
}

/// The crossing picture as SVG. More than 12 rows per direction are counted and not drawn.
pub fn svg(picture: &Picture) -> String {
    let pairs = pairs(picture);
    let frame = frame(picture, &pairs);
    let mut canvas = Canvas::default();
    let title = "What crosses between the nodes";
    canvas.text((MARGIN, 46), Anchor::Start, "head", title);
    canvas.text((MARGIN, 70), Anchor::Start, "small", &summary(picture));
    let bottom = TOP + pairs.iter().map(|pair| height(pair) + GAP).sum::<usize>().max(HEADER + GAP) - GAP;
    if let Some(master) = picture.nodes.first() {
        card(&mut canvas, master, (MARGIN, TOP), (frame.left - MARGIN, bottom - TOP));
    }
    let mut top = TOP;
    for pair in &pairs {
        draw_pair(&mut canvas, pair, &frame, top);
        top += height(pair) + GAP;
    }
    legend(&mut canvas, bottom + 34);
    canvas.document((frame.end + MARGIN, bottom + 66), title, &description(picture, &pairs))
}

fn summary(picture: &Picture) -> String {
    if picture.nodes.len() < 2 {
        return "There is one node, so nothing crosses".to_owned();
    }
    let number = picture.crossings.len();
    let verb = if number == 1 { "crosses" } else { "cross" };
    format!("{} {verb} between {} nodes", count(number, "pipe"), picture.nodes.len())
}

/// The picture in words, for those who do not see it.
fn description(picture: &Picture, pairs: &[Pair<'_>]) -> String {
    let mut text = format!("{}.", summary(picture));
    for pair in pairs {
        for (from, to, crossings) in pair.directions() {
            let named = crossings.iter().take(MOST_ROWS).map(|crossing| crossing.pipe.as_str());
            let named = named.collect::<Vec<_>>().join(", ");
            let more = crossings.len().saturating_sub(MOST_ROWS);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            text.push_str(&format!(" From {} to {}: {named}{more}.", from.name, to.name));
        }
        if pair.crossings().next().is_some() {
            text.push_str(&format!(" {}.", opened(pair.crossings())));
        }
    }
    text
}

/// The cards are as wide as their longest text.
fn frame(picture: &Picture, pairs: &[Pair<'_>]) -> Frame {
    let (mut left, mut right, mut wire) = (340, 380, 300);
    for (at, node) in picture.nodes.iter().enumerate() {
        let proxy = if node.proxy { 110 } else { 0 };
        let header = (width(&short(&node.name), 17) + proxy).max(width(&contents(node), 12)) + 2 * PADDING;
        let side = if at == 0 { &mut left } else { &mut right };
        *side = (*side).max(header);
    }
    for pair in pairs {
        wire = wire.max(width(&opened(pair.crossings()), 12));
        for (_, to, crossings) in pair.directions() {
            for crossing in drawn(crossings).0 {
                let row = Row::new(crossing, to.name == pair.left.name);
                left = left.max(row.left.width() + 2 * PADDING);
                right = right.max(row.right.width() + 2 * PADDING);
                wire = wire.max(row.chip_width());
            }
        }
    }
    let left = MARGIN + left;
    let start = left + wire + 160;
    Frame { left, right: start, end: start + right }
}

fn height(pair: &Pair<'_>) -> usize {
    let rows = |crossings: &[&Crossing]| {
        let (drawn, rest) = drawn(crossings);
        drawn.len() * ROW + if rest.is_empty() { 0 } else { REST }
    };
    HEADER + rows(&pair.to_left) + rows(&pair.to_right) + BOTTOM
}

fn card(canvas: &mut Canvas, node: &Node, (x, y): (usize, usize), (wide, high): (usize, usize)) {
    canvas.rect((x, y), (wide, high), 10, "card");
    canvas.line((x, y + HEADER), (x + wide, y + HEADER), "rule");
    canvas.titled(&node.name, |canvas| {
        canvas.text((x + 18, y + 27), Anchor::Start, "name", &short(&node.name));
    });
    if node.proxy {
        let start = x + 18 + width(&short(&node.name), 17) + 10;
        canvas.rect((start, y + 12), (82, 20), 10, "chip");
        canvas.text((start + 41, y + 26), Anchor::Middle, "small", "proxy node");
    }
    canvas.text((x + 18, y + 47), Anchor::Start, "small", &contents(node));
}

fn draw_pair(canvas: &mut Canvas, pair: &Pair<'_>, frame: &Frame, top: usize) {
    card(canvas, pair.right, (frame.right, top), (frame.end - frame.right, height(pair)));
    let middle = (frame.left + frame.right) / 2;
    if pair.crossings().next().is_none() {
        canvas.text((middle, top + 36), Anchor::Middle, "small", "nothing crosses");
        return;
    }
    let counts: Vec<String> = pair
        .directions()
        .map(|(_, to, crossings)| {
            let class = if to.name == pair.left.name { "count-in" } else { "count-out" };
            let text = format!("{} to {}", crossings.len(), short(&to.name));
            format!("<tspan class=\"{class}\">{}</tspan>", escape(&text))
        })
        .collect();
    canvas.marked_text((middle, top + 25), Anchor::Middle, "count", &counts.join(" · "));
    canvas.text((middle, top + 45), Anchor::Middle, "small", &opened(pair.crossings()));
    let mut y = top + HEADER + 28;
    for (_, to, crossings) in pair.directions() {
        let to_left = to.name == pair.left.name;
        let (drawn, rest) = drawn(crossings);
        for crossing in drawn {
            Row::new(crossing, to_left).draw(canvas, (frame.left, frame.right), y);
            y += ROW;
        }
        if !rest.is_empty() {
            let class = if to_left { "wire rest in" } else { "wire rest out" };
            let text = format!("and {} more to {}", rest.len(), short(&to.name));
            let half = width(&text, 12) / 2 + 12;
            let names: BTreeSet<&str> = rest.iter().map(|crossing| crossing.pipe.as_str()).collect();
            let names = names.into_iter().collect::<Vec<_>>().join(", ");
            canvas.titled(&names, |canvas| {
                canvas.line((frame.left, y - 8), (frame.right, y - 8), class);
                canvas.rect((middle - half, y - 20), (2 * half, 24), 12, "chip");
                canvas.text((middle, y - 4), Anchor::Middle, "small", &text);
            });
            y += REST;
        }
    }
}

fn legend(canvas: &mut Canvas, y: usize) {
    let mut x = MARGIN;
    for (to_left, text) in [(true, "data to master"), (false, "data from master")] {
        row::arrow(canvas, (x, x + 34), y, to_left, 0);
        canvas.text((x + 42, y + 4), Anchor::Start, "small", text);
        x += 42 + width(text, 12) + 24;
    }
    canvas.circle((x + 5, y), "dot dot-any");
    canvas.text((x + 18, y + 4), Anchor::Start, "small", "opens the connection");
    x += 18 + width("opens the connection", 12) + 24;
    canvas.rect((x, y - 11), (34, 22), 4, "chip");
    canvas.text((x + 42, y + 4), Anchor::Start, "small", "dataset");
    x += 42 + width("dataset", 12) + 24;
    let made = "<tspan class=\"made\">id</tspan> generated from a template";
    canvas.marked_text((x, y + 4), Anchor::Start, "small", made);
}

#[cfg(test)]
mod tests;
