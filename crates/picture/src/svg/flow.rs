//! A flow picture as SVG: one lane per node, from left to right.

use super::canvas::{Anchor, Canvas};
use crate::flow::{Change, Flow, Link, Member, MemberKind};
use crate::layout::{Layout, Point, Rect, Size, Tie, layout};
use crate::markup::{short, width};
use crate::model::Way;
use crate::words::way;

/// The space around the lanes.
const MARGIN: i64 = 40;
/// The space between the edge of a lane and its boxes.
const INSET: i64 = 20;
/// The top of the first lane.
const TOP: i64 = 92;
/// The height of a box.
const HIGH: i64 = 46;
/// The space between the edge of a box and its text.
const TEXT: i64 = 14;

/// A flow picture as SVG.
pub fn svg(flow: &Flow) -> String {
    let sizes: Vec<Size> = flow.members.iter().map(size).collect();
    let ties: Vec<Tie> = flow.links.iter().map(tie).collect();
    let layout = layout(&sizes, &ties, flow.lanes.len());
    let heading = length(width(&flow.title, 22).max(width(&flow.subtitle, 12)));
    let wide = (layout.wide + 2 * INSET).max(heading).max(legend_width());
    let bottom = TOP + layout.lanes.last().map_or(0, |lane| lane.1);
    let mut canvas = Canvas::default();
    canvas.text(at(MARGIN, 46), Anchor::Start, "head", &flow.title);
    canvas.text(at(MARGIN, 70), Anchor::Start, "small", &flow.subtitle);
    for (name, (top, bottom)) in flow.lanes.iter().zip(&layout.lanes) {
        canvas.rect(at(MARGIN, TOP + top), at(wide, bottom - top), 10, "card");
        canvas.text(at(MARGIN + INSET, TOP + top + 23), Anchor::Start, "lane", &short(name));
    }
    flow.links
        .iter()
        .zip(&layout.links)
        .for_each(|(link, points)| draw_link(&mut canvas, flow, link, points));
    flow.members.iter().zip(&layout.boxes).for_each(|(member, rect)| draw_member(&mut canvas, member, *rect));
    labels(&mut canvas, flow, &layout);
    legend(&mut canvas, bottom + 34);
    canvas.document(at(wide + 2 * MARGIN, bottom + 66), &flow.title, &description(flow))
}

/// A point that is never negative: everything is right of and below the margins.
fn at(x: i64, y: i64) -> (usize, usize) {
    (usize::try_from(x).unwrap_or_default(), usize::try_from(y).unwrap_or_default())
}

fn length(pixels: usize) -> i64 {
    i64::try_from(pixels).unwrap_or(i64::MAX)
}

fn placed((x, y): Point) -> (usize, usize) {
    at(MARGIN + INSET + x, TOP + y)
}

fn size(member: &Member) -> Size {
    let text = length(width(&member.heading(), 13).max(width(&member.detail, 12)));
    Size { lane: member.lane, wide: text + 2 * TEXT, high: HIGH }
}

fn tie(link: &Link) -> Tie {
    Tie {
        from: link.from,
        to: link.to,
        label: link.label.as_ref().map_or(0, |label| label_width(&short(label))),
    }
}

/// The width of a label with the space around it.
fn label_width(label: &str) -> i64 {
    length(width(label, 12)) + 20
}

fn draw_member(canvas: &mut Canvas, member: &Member, rect: Rect) {
    let mut class = if member.kind == MemberKind::Pipe { "box" } else { "system" }.to_owned();
    if member.is_focus {
        class.push_str(" focus");
    }
    if let Some(change) = member.change {
        class.push_str(match change {
            Change::Add => " add",
            Change::Change => " change",
            Change::Remove => " remove",
        });
    }
    canvas.titled(&format!("{}: {}", member.id, member.detail), |canvas| {
        let (x, y, right, bottom) = (rect.x, rect.y, rect.x + rect.wide, rect.y + rect.high);
        if member.kind == MemberKind::Pipe {
            canvas.rect(placed((x, y)), at(rect.wide, rect.high), 8, &class);
        } else {
            let middle = y + rect.high / 2;
            let corners = [
                (x + 9, y),
                (right - 9, y),
                (right, middle),
                (right - 9, bottom),
                (x + 9, bottom),
                (x, middle),
            ];
            canvas.polygon(&corners.map(placed), &class);
        }
        canvas.text(placed((x + TEXT, y + 20)), Anchor::Start, "own", &member.heading());
        canvas.text(placed((x + TEXT, y + 37)), Anchor::Start, "small", &member.detail);
    });
}

/// The classes of a link and of its tip.
fn classes(link: &Link) -> (&'static str, &'static str) {
    match (link.crosses, link.way) {
        (true, _) => ("link cross", "tip-cross"),
        (false, Way::Source) => ("link", "tip"),
        (false, _) => ("link hop", "tip-hop"),
    }
}

fn draw_link(canvas: &mut Canvas, flow: &Flow, link: &Link, points: &[Point]) {
    let [.., before, end] = points else { return };
    let (line, tip) = classes(link);
    let back = if before.0 <= end.0 { -10 } else { 10 };
    let mut shown: Vec<(usize, usize)> = points.iter().map(|point| placed(*point)).collect();
    if let Some(last) = shown.last_mut() {
        *last = placed((end.0 + back, end.1));
    }
    let (from, to) = (&flow.members[link.from].id, &flow.members[link.to].id);
    canvas.titled(&format!("{to} reads {from}{}", way(link.way)), |canvas| {
        canvas.curve(&shown, line);
        canvas.triangle([*end, (end.0 + back, end.1 - 5), (end.0 + back, end.1 + 5)].map(placed), tip);
    });
}

/// The labels of links, in the middle of the bend behind their first column.
fn labels(canvas: &mut Canvas, flow: &Flow, layout: &Layout) {
    let mut taken: Vec<Point> = Vec::new();
    for (link, points) in flow.links.iter().zip(&layout.links) {
        let (Some(label), [start, next, .., end]) = (&link.label, points.as_slice()) else { continue };
        let (first, second) = if start.0 < end.0 {
            (next, &points[2])
        } else {
            (&points[points.len() - 2], &points[points.len() - 3])
        };
        let label = short(label);
        let half = label_width(&label) / 2;
        let (x, mut y) = (first.0.midpoint(second.0), first.1.midpoint(second.1));
        while taken.iter().any(|other| (other.1 - y).abs() < 26 && (other.0 - x).abs() < 2 * half) {
            y += 26;
        }
        taken.push((x, y));
        let (left, _) = placed((x - half, y));
        canvas.rect((left, placed((x, y - 12)).1), at(2 * half, 24), 12, "chip");
        canvas.text(
            (left + usize::try_from(half).unwrap_or_default(), placed((x, y + 4)).1),
            Anchor::Middle,
            "small",
            &label,
        );
    }
}

/// The links of the legend: the classes of line and tip, and what they mean.
const LINKS: [(&str, &str, &str); 3] = [
    ("link", "tip", "is the source of"),
    ("link hop", "tip-hop", "is read otherwise by"),
    ("link cross", "tip-cross", "crosses to another node"),
];

/// The width of the legend: samples, texts, and the space between them.
fn legend_width() -> i64 {
    let text = |text| length(width(text, 12));
    LINKS.iter().map(|(_, _, meaning)| 44 + text(meaning) + 24).sum::<i64>()
        + (42 + text("pipe") + 24)
        + (42 + text("system"))
}

fn legend(canvas: &mut Canvas, y: i64) {
    let mut x = MARGIN;
    for (line, tip, text) in LINKS {
        canvas.curve(&[at(x, y), at(x + 26, y)], line);
        canvas.triangle([at(x + 36, y), at(x + 26, y - 5), at(x + 26, y + 5)], tip);
        canvas.text(at(x + 44, y + 4), Anchor::Start, "small", text);
        x += 44 + length(width(text, 12)) + 24;
    }
    canvas.rect(at(x, y - 10), at(34, 20), 5, "box");
    canvas.text(at(x + 42, y + 4), Anchor::Start, "small", "pipe");
    x += 42 + length(width("pipe", 12)) + 24;
    let corners = [(x + 6, y - 10), (x + 28, y - 10), (x + 34, y), (x + 28, y + 10), (x + 6, y + 10), (x, y)];
    canvas.polygon(&corners.map(|(x, y)| at(x, y)), "system");
    canvas.text(at(x + 42, y + 4), Anchor::Start, "small", "system");
}

/// The picture in words, for those who do not see it.
fn description(flow: &Flow) -> String {
    let mut text = format!("{}. {}.", flow.subtitle, flow.contents());
    for link in flow.links.iter().take(60) {
        let (from, to) = (&flow.members[link.from].id, &flow.members[link.to].id);
        text.push_str(&format!(" {to} reads {from}{}.", way(link.way)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{any_flow, flow};

    #[test]
    fn a_picture_has_each_member_once_and_each_link_with_its_class() {
        let svg = svg(&flow());
        for member in &flow().members {
            let own = format!("class=\"own\">{}</text>", member.heading());
            assert_eq!(svg.matches(&own).count(), 1, "{own}");
        }
        assert_eq!(svg.matches("class=\"link cross\"").count(), 2, "the link and its legend");
        assert_eq!(svg.matches("class=\"link hop\"").count(), 2);
        assert_eq!(svg.matches("class=\"box focus change\"").count(), 1);
        assert!(svg.contains("through nett-måler-to-master</text>"));
    }

    #[test]
    fn the_legend_is_inside_of_the_narrowest_picture() {
        let narrow = svg(&Flow { members: Vec::new(), links: Vec::new(), ..flow() });
        let wide: i64 = narrow
            .split("viewBox=\"0 0 ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next())
            .unwrap()
            .parse()
            .unwrap();
        assert!(wide >= legend_width() + 2 * MARGIN, "{wide}");
    }

    #[test]
    fn texts_of_others_stay_text_and_no_element_is_left_open() {
        arbtest::arbtest(|u| {
            let svg = svg(&any_flow(u)?);
            assert!(!svg.contains("<script") && !svg.contains(" style="));
            assert_eq!(svg.matches("<g>").count(), svg.matches("</g>").count());
            assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
            Ok(())
        });
    }
}
