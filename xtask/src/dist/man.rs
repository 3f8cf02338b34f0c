//! A man page from the help of the program, word for word.

/// A page in progress.
pub(super) struct Page {
    text: String,
}

impl Page {
    /// A page with the help of the program itself.
    pub(super) fn new(program: &str, help: &str) -> Self {
        let about: Vec<&str> = help.lines().take_while(|line| !line.is_empty()).collect();
        let about = about.join(" ");
        let mut page = Self {
            text: format!(
                ".TH {} 1\n.SH NAME\n{} \\- {}\n",
                program.to_uppercase(),
                roff(program),
                roff(about.trim_end_matches('.'))
            ),
        };
        page.section("DESCRIPTION", help);
        page
    }

    /// Adds a command with its help.
    pub(super) fn command(&mut self, name: &str, help: &str) {
        self.section(&name.to_uppercase(), help);
    }

    fn section(&mut self, title: &str, help: &str) {
        let lines: String = help.lines().map(|line| format!("{}\n", roff(line.trim_end()))).collect();
        self.text.push_str(&format!(".SH {}\n.nf\n{lines}.fi\n", roff(title)));
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A line without a meaning for roff: a dot or an apostrophe at its start would be a request.
fn roff(line: &str) -> String {
    let escaped = line.replace('\\', "\\e").replace('-', "\\-");
    if escaped.starts_with(['.', '\'']) { format!("\\&{escaped}") } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_becomes_sections_and_no_line_a_request() {
        let mut page = Page::new("sesam-deployer", "Deploys\nall.\n\n.nets \\ --help");
        page.command("plan", "Shows");
        assert_eq!(
            page.finish(),
            ".TH SESAM-DEPLOYER 1\n.SH NAME\nsesam\\-deployer \\- Deploys all\n.SH DESCRIPTION\n.nf\nDeploys\nall.\n\n\\&.nets \\e \\-\\-help\n.fi\n\
             .SH PLAN\n.nf\nShows\n.fi\n"
        );
    }
}
