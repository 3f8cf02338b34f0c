//! Pictures of terminals, in colours that can be read in either theme.

use anstyle_svg::Term;

/// The colours of the light and the dark theme, in place of those of the library, whose contrast is too low.
const STYLE: &str = "\
<style>
    .fg { fill: #17202b }
    .bg { fill: #f6f8fa }
    .fg-green { fill: #116329 }
    .fg-red { fill: #a40e26 }
    .fg-yellow { fill: #7a4a00 }
    .fg-cyan { fill: #0b5cad }
    .dimmed { fill: #4d5a69 }
    .bold { font-weight: bold }
    tspan { font: 14px \"JetBrains Mono\", \"DejaVu Sans Mono\", Menlo, Consolas, monospace; white-space: pre }
    @media (prefers-color-scheme: dark) {
      .fg { fill: #e8edf3 }
      .bg { fill: #0d141c }
      .fg-green { fill: #7ee787 }
      .fg-red { fill: #ffa198 }
      .fg-yellow { fill: #e3b341 }
      .fg-cyan { fill: #79b8ff }
      .dimmed { fill: #a5b1bf }
    }
  </style>";

/// What a terminal shows, as an SVG.
///
/// # Panics
/// If the picture has a colour that neither theme has.
pub(crate) fn terminal(text: &str) -> String {
    let svg = Term::new().render_svg(text.trim_end());
    let (before, rest) = svg.split_once("<style>").expect("a style");
    let (own, after) = rest.split_once("</style>").expect("a style");
    let classes = own.lines().filter_map(|line| line.trim().strip_prefix('.')?.split_whitespace().next());
    for class in classes.filter(|class| *class != "container") {
        assert!(STYLE.contains(&format!(".{class} ")), "no theme has a colour for `{class}`");
    }
    format!("{before}{STYLE}{after}")
}
