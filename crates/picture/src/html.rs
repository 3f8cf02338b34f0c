//! A page with the picture and a table of everything that crosses. It loads nothing and runs no script.

use crate::flow::{Flow, MemberKind};
use crate::markup::escape;
use crate::model::{Crossing, Picture};
use crate::rows::pairs;
use crate::svg::{STYLE, flow_svg, svg};
use crate::words::{count, opened, way};

/// The style of the page.
const PAGE: &str = include_str!("page.css");

/// A style or a script that a page contains, with its SHA-256 for the `Content-Security-Policy`. A test of its owner compares the two.
#[derive(Debug, Clone, Copy)]
pub struct Inline {
    /// The style or the script.
    pub text: &'static str,
    /// The SHA-256 of the text, in base64.
    pub hash: &'static str,
}

/// The styles of every page: of pictures, and of the page around them.
const STYLES: [Inline; 2] = [
    Inline { text: STYLE, hash: "Z1XogRh7NC7zfe7aBDuppq014V1Xz1f7BACIlJqltUI=" },
    Inline { text: PAGE, hash: "B2Q5fp2Mn1UB5s1YHHW59OqWEChYlTjZ6tTy3Z+xaZo=" },
];

/// A self-contained page around markup. It loads nothing, runs no script, and is readable light, dark, printed and on a phone.
///
/// `main` is markup: whoever makes it escapes the texts in it.
pub fn page(title: &str, main: &str) -> String {
    document(title, None, None, &format!("<main>\n{main}</main>\n"))
}

/// A self-contained page with the whole body, a style besides those of every page, and a script. Nothing else can run in it or be loaded
/// by it.
///
/// `body` is markup: whoever makes it escapes the texts in it.
pub fn document(title: &str, style: Option<Inline>, script: Option<Inline>, body: &str) -> String {
    let styles: Vec<Inline> = STYLES.into_iter().chain(style).collect();
    let policy = policy(style, script);
    let script = script.map(|script| format!("<script>{}</script>\n", script.text)).unwrap_or_default();
    // The styles of pictures are in the pictures.
    let own: String = styles[1..].iter().map(|style| format!("<style>{}</style>\n", style.text)).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n{own}</head>\n<body>\n{body}{script}</body>\n</html>\n",
        escape(title)
    )
}

/// The `Content-Security-Policy` of a [`document`] with the same style and script.
pub fn policy(style: Option<Inline>, script: Option<Inline>) -> String {
    let sources =
        |parts: &[Inline]| parts.iter().map(|part| format!(" 'sha256-{}'", part.hash)).collect::<String>();
    let styles: Vec<Inline> = STYLES.into_iter().chain(style).collect();
    let scripts = script.map(|script| format!("; script-src{}", sources(&[script]))).unwrap_or_default();
    format!("default-src 'none'; style-src{}{scripts}", sources(&styles))
}

/// The crossing picture in a frame that scrolls where it is too wide.
pub fn figure(picture: &Picture) -> String {
    format!("<figure tabindex=\"0\" aria-label=\"Picture\">\n{}</figure>\n", svg(picture))
}

/// The crossing picture as one self-contained page. The table below the picture has every row and every ID unshortened.
pub fn html(picture: &Picture) -> String {
    let title = "What crosses between the nodes";
    let mut main = format!("<h1 class=\"unseen\">{title}</h1>\n{}", figure(picture));
    for pair in pairs(picture) {
        for (from, to, crossings) in pair.directions() {
            let number = count(crossings.len(), "pipe");
            let heading = format!("{} → {}", from.name, to.name);
            main.push_str(&format!(
                "<h2>{}</h2>\n<p>{number}; {}</p>\n",
                escape(&heading),
                escape(&opened(crossings.iter().copied()))
            ));
            main.push_str("<table>\n<thead><tr>");
            COLUMNS.iter().for_each(|column| main.push_str(&format!("<th scope=\"col\">{column}</th>")));
            main.push_str("</tr></thead>\n<tbody>\n");
            crossings.iter().for_each(|crossing| main.push_str(&row(crossing)));
            main.push_str("</tbody>\n</table>\n");
        }
    }
    page(title, &main)
}

/// A flow picture in a frame that scrolls where it is too wide.
pub fn flow_figure(flow: &Flow) -> String {
    format!("<figure tabindex=\"0\" aria-label=\"{}\">\n{}</figure>\n", escape(&flow.title), flow_svg(flow))
}

/// A flow picture as one self-contained page. The table below the picture has every link and every ID unshortened.
pub fn flow_html(flow: &Flow) -> String {
    let mut main = format!("<h1 class=\"unseen\">{}</h1>\n{}", escape(&flow.title), flow_figure(flow));
    main.push_str("<h2>What flows</h2>\n<table>\n<thead><tr>");
    FLOW_COLUMNS.iter().for_each(|column| main.push_str(&format!("<th scope=\"col\">{column}</th>")));
    main.push_str("</tr></thead>\n<tbody>\n");
    for link in &flow.links {
        let end = |at: usize| {
            let member = &flow.members[at];
            let noun = if member.kind == MemberKind::Pipe { "" } else { "system " };
            format!("{noun}<code>{}</code> on {}", escape(&member.id), escape(&flow.lanes[member.lane]))
        };
        let how = format!("{}{}", way(link.way).trim(), link.label.as_deref().unwrap_or_default());
        let cells = FLOW_COLUMNS.iter().zip([end(link.from), end(link.to), escape(&how)]);
        let cells = cells.map(|(label, cell)| format!("<td data-label=\"{label}\">{cell}</td>"));
        main.push_str(&format!("<tr>{}</tr>\n", cells.collect::<String>()));
    }
    main.push_str("</tbody>\n</table>\n");
    page(&flow.title, &main)
}

const FLOW_COLUMNS: [&str; 3] = ["From", "To", "How"];

const COLUMNS: [&str; 5] = ["Pipe", "Datasets", "Read by", "Replicas", "Connection opened by"];

fn row(crossing: &Crossing) -> String {
    let code = |id: &str| format!("<code>{}</code>", escape(id));
    let lines = |items: Vec<String>, none: &str| match items.as_slice() {
        [] => none.to_owned(),
        items => items.iter().map(|item| format!("<span>{item}</span>")).collect(),
    };
    let readers = crossing.readers.iter().map(|reader| format!("{}{}", code(&reader.pipe), way(reader.way)));
    let replicas =
        crossing.replicas.iter().map(|replica| format!("{} on {}", code(&replica.id), escape(&replica.node)));
    let cells = [
        code(&crossing.pipe),
        lines(crossing.datasets.iter().map(|dataset| code(dataset)).collect(), "none"),
        lines(readers.collect(), "no pipe"),
        lines(replicas.collect(), "none"),
        crossing.opened_by.as_deref().map_or("unknown".to_owned(), escape),
    ];
    let cells =
        COLUMNS.iter().zip(cells).map(|(label, cell)| format!("<td data-label=\"{label}\">{cell}</td>"));
    format!("<tr>{}</tr>\n", cells.collect::<String>())
}

#[cfg(test)]
mod tests;
