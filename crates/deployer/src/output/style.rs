//! Colours.

/// Paints words where colour is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    pub(super) colour: bool,
}

macro_rules! paint {
    ($($(#[$about:meta])* $name:ident $style:expr;)*) => {
        $($(#[$about])* pub fn $name(self, text: &str) -> String {
            if self.colour { let style = $style; format!("{style}{text}{style:#}") } else { text.to_owned() }
        })*
    };
}

impl Style {
    paint! {
        /// Failures and removals.
        red anstyle::AnsiColor::Red.on_default();
        /// Additions.
        green anstyle::AnsiColor::Green.on_default();
        /// Warnings and changes.
        yellow anstyle::AnsiColor::Yellow.on_default();
        /// Hints, and places in a diff.
        cyan anstyle::AnsiColor::Cyan.on_default();
        /// Headings.
        bold anstyle::Style::new().bold();
        /// Details.
        dim anstyle::Style::new().dimmed();
    }
}
