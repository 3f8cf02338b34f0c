//! Elements of SVG. Every text is escaped, and looks come from classes alone.

use crate::markup::escape;

/// The style of every SVG.
pub(crate) const STYLE: &str = include_str!("../style.css");

/// The space between the edge of a card and its text.
pub(super) const PADDING: usize = 16;

/// The part of a text that is at its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing in progress.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    body: String,
}

type Point = (usize, usize);

impl Canvas {
    pub(super) fn text(&mut self, at: Point, anchor: Anchor, class: &str, text: &str) {
        self.marked_text(at, anchor, class, &escape(text));
    }

    /// A text that is escaped already, and can contain `<tspan>`.
    pub(super) fn marked_text(&mut self, (x, y): Point, anchor: Anchor, class: &str, marked: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        self.push(&format!("<text x=\"{x}\" y=\"{y}\"{anchor} class=\"{class}\">{marked}</text>"));
    }

    pub(super) fn rect(&mut self, (x, y): Point, (wide, high): Point, radius: usize, class: &str) {
        self.push(&format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\" rx=\"{radius}\" class=\"{class}\"/>"
        ));
    }

    pub(super) fn line(&mut self, (x1, y1): Point, (x2, y2): Point, class: &str) {
        self.push(&format!("<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" class=\"{class}\"/>"));
    }

    /// A curve through points, horizontal at each of them.
    pub(super) fn curve(&mut self, points: &[Point], class: &str) {
        let Some((start, rest)) = points.split_first() else { return };
        let mut path = format!("M{} {}", start.0, start.1);
        let mut from = *start;
        for to in rest {
            if from.1 == to.1 {
                path.push_str(&format!("L{} {}", to.0, to.1));
            } else {
                let middle = from.0.midpoint(to.0);
                path.push_str(&format!("C{middle} {} {middle} {} {} {}", from.1, to.1, to.0, to.1));
            }
            from = *to;
        }
        self.push(&format!("<path d=\"{path}\" class=\"{class}\"/>"));
    }

    pub(super) fn polygon(&mut self, corners: &[Point], class: &str) {
        let points: Vec<String> = corners.iter().map(|(x, y)| format!("{x},{y}")).collect();
        self.push(&format!("<polygon points=\"{}\" class=\"{class}\"/>", points.join(" ")));
    }

    pub(super) fn circle(&mut self, (x, y): Point, class: &str) {
        self.push(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"6\" class=\"{class}\"/>"));
    }

    pub(super) fn triangle(&mut self, corners: [Point; 3], class: &str) {
        self.polygon(&corners, class);
    }

    /// A group with a title, which browsers show on hover and screen readers read.
    pub(super) fn titled(&mut self, title: &str, draw: impl FnOnce(&mut Self)) {
        self.push(&format!("<g><title>{}</title>", escape(title)));
        draw(self);
        self.push("</g>");
    }

    /// The whole file.
    pub(super) fn document(&self, (wide, high): Point, title: &str, description: &str) -> String {
        let (title, description) = (escape(title), escape(description));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" role=\"img\" width=\"{wide}\" height=\"{high}\" \
             viewBox=\"0 0 {wide} {high}\">\n<title>{title}</title>\n<desc>{description}</desc>\n<style>{STYLE}</style>\n\
             <rect width=\"{wide}\" height=\"{high}\" class=\"ground\"/>\n{}</svg>\n",
            self.body
        )
    }

    fn push(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }
}
