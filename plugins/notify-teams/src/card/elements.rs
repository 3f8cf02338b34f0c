//! The elements of Adaptive Cards that this plugin uses.

use serde::Serialize;

/// `RichTextBlock`: a paragraph of text runs.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "RichTextBlock")]
pub(super) struct Paragraph {
    inlines: Vec<Run>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spacing: Option<Spacing>,
}

/// The space above a paragraph [default: the renderer's].
#[derive(Debug, Clone, Copy, Serialize)]
enum Spacing {
    None,
    Medium,
}

/// `TextRun`: text that is shown unchanged; Markdown is not interpreted.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "TextRun", rename_all = "camelCase")]
pub(super) struct Run {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    font_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<Colour>,
    #[serde(skip_serializing_if = "Option::is_none")]
    select_action: Option<Action>,
}

/// The colours, by their meaning.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) enum Colour {
    Good,
    Attention,
}

/// `Action.OpenUrl`: opens an address.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "Action.OpenUrl")]
pub(super) struct Action {
    title: &'static str,
    url: String,
}

impl Paragraph {
    /// A paragraph with the usual space above it.
    pub(super) fn new(inlines: Vec<Run>) -> Self {
        Self { inlines, spacing: None }
    }

    /// A paragraph without space above it: a line.
    pub(super) fn tight(inlines: Vec<Run>) -> Self {
        Self { inlines, spacing: Some(Spacing::None) }
    }

    /// The same with more space above it.
    pub(super) fn apart(self) -> Self {
        Self { spacing: Some(Spacing::Medium), ..self }
    }
}

impl Run {
    /// Unchanged text.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { text, size: None, weight: None, font_type: None, color: None, select_action: None }
    }

    pub(super) fn bold(self) -> Self {
        Self { weight: Some("Bolder"), ..self }
    }

    /// As a heading.
    pub(super) fn large(self) -> Self {
        Self { size: Some("Large"), ..self.bold() }
    }

    pub(super) fn monospace(self) -> Self {
        Self { font_type: Some("Monospace"), ..self }
    }

    pub(super) fn coloured(self, color: Option<Colour>) -> Self {
        Self { color, ..self }
    }

    /// Opens an address when it is clicked.
    pub(super) fn opens(self, url: &str) -> Self {
        Self { select_action: Some(Action::open("Open", url)), ..self }
    }
}

impl Action {
    /// Opens a web address.
    pub(super) fn open(title: &'static str, url: &str) -> Self {
        Self { title, url: url.to_owned() }
    }
}
