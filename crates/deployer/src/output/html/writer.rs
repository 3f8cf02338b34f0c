//! Texts and tables as markup.

use deployer_core::Error;
use deployer_core::error::Place;
use deployer_picture::escape;
use maud::{Markup, PreEscaped, Render, html};

use crate::output::{Style, errors};

/// Makes markup of texts.
pub(super) struct Writer<'a> {
    pub(super) mask: &'a dyn Fn(&str) -> String,
}

/// A text that is masked and escaped.
pub(super) struct Safe(String);

impl Render for Safe {
    fn render(&self) -> Markup {
        PreEscaped(self.0.clone())
    }
}

impl Writer<'_> {
    /// A text on one line.
    pub(super) fn text(&self, text: &str) -> Safe {
        Safe(escape(&(self.mask)(text)))
    }

    /// Lines as they are.
    pub(super) fn lines(&self, text: &str) -> Markup {
        let lines: String = (self.mask)(text).lines().map(|line| escape(line) + "\n").collect();
        html! { pre.wrap { (PreEscaped(lines)) } "\n" }
    }

    pub(super) fn error(&self, error: &Error) -> Markup {
        let place = |place: &Place| place.to_string();
        self.lines(&errors::Writer { style: Style::default(), place: &place }.text(error))
    }
}

/// A table. On a phone each row is a card, with the names of the columns in it.
pub(super) fn table(columns: &[&str], rows: impl Iterator<Item = Vec<Markup>>) -> Markup {
    html! {
        table {
            thead { tr { @for column in columns { th scope="col" { (column) } } } } "\n"
            tbody {
                @for cells in rows {
                    tr { @for (column, cell) in columns.iter().zip(cells) { td data-label=(column) { (cell) } } } "\n"
                }
            }
        } "\n"
    }
}
