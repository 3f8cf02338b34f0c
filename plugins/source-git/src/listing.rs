//! Listing the files of a commit.

use deployer_core::{Error, Kind, Result};

use crate::errors;
use crate::tree::{Destination, Tree, TreeItem, join, parent, steps};

/// How many links to folders one listing follows.
const MOST_LINKS: usize = 1_000;

/// The paths of all files below a folder, in order of their bytes; empty if there is no such folder. Hidden folders such as `.github` are
/// left out, and links with a hidden name.
///
/// # Errors
/// As [`Tree::file`] for the folder; `Verification` for submodules and for links that cannot be followed, all of them at once.
pub(crate) fn list(tree: &Tree, folder: &str) -> Result<Vec<String>> {
    let Destination::Folder(start) = tree.find(folder)? else { return Ok(Vec::new()) };
    let prefix: Vec<&str> = steps(folder).collect();
    let mut listing =
        Listing { tree, followed: 0, folders: Vec::new(), files: Vec::new(), problems: Vec::new() };
    listing.collect(&prefix.join("/"), &start);
    if listing.followed > MOST_LINKS {
        return Err(errors::too_many_links(folder, MOST_LINKS));
    }
    if !listing.problems.is_empty() {
        let message = format!("{} links or submodules cannot be read", listing.problems.len());
        return Err(Error::together(Kind::Verification, message, listing.problems));
    }
    listing.files.sort_unstable();
    Ok(listing.files)
}

/// A listing under way.
struct Listing<'a> {
    tree: &'a Tree,
    /// The number of links to folders so far.
    followed: usize,
    /// The folders of the links that led to the present folder.
    folders: Vec<String>,
    files: Vec<String>,
    problems: Vec<Error>,
}

impl Listing<'_> {
    /// Adds the files below a folder. `prefix` comes before their paths.
    fn collect(&mut self, prefix: &str, folder: &str) {
        let tree = self.tree;
        for (path, item) in tree.below(folder) {
            let shown = join(prefix, path);
            let is_hidden = |path: &str| steps(path).any(|step| step.starts_with('.'));
            let inside = parent(path).unwrap_or_default();
            match item {
                _ if is_hidden(inside) => {}
                TreeItem::File(_) => self.files.push(shown),
                TreeItem::Folder => {}
                TreeItem::Link(_) | TreeItem::Submodule if is_hidden(path) => {}
                TreeItem::Submodule => self.problems.push(errors::submodule(&shown, &join(folder, path))),
                TreeItem::Link(_) => self.link(shown, &join(folder, path)),
            }
        }
    }

    /// Adds the file or the files of the folder that the link at `place` leads to.
    fn link(&mut self, shown: String, place: &str) {
        let to = match self.tree.find(place) {
            Ok(Destination::Folder(to)) => to,
            Ok(_) => return self.files.push(shown),
            Err(_) => {
                // Found again by the path that people see, so that the message names it.
                let problem = self.tree.find(&shown).err();
                return self.problems.extend(problem);
            }
        };
        self.followed += 1;
        if self.followed > MOST_LINKS {
            return;
        }
        self.folders.push(parent(place).unwrap_or_default().to_owned());
        if self.folders.iter().any(|folder| is_inside(folder, &to)) {
            self.problems.push(errors::circle(&shown));
        } else {
            self.collect(&shown, &to);
        }
        self.folders.pop();
    }
}

/// Whether a path is a folder or inside of it.
fn is_inside(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::tree_of;

    #[test]
    fn files_and_links_are_listed_in_order_without_hidden_folders() {
        let tree = tree_of(&[
            "more/",
            "more/back -> ../node/pipes",
            "more/c.json",
            "node/",
            "node/.hidden/",
            "node/.hidden/x -> nowhere",
            "node/.keep",
            "node/.link -> nowhere",
            "node/a.json",
            "node/more -> ../more",
            "node/pipes/",
            "node/pipes/b.json",
            "node/same.json -> a.json",
        ]);
        let node = [
            "node/.keep",
            "node/a.json",
            "node/more/back/b.json",
            "node/more/c.json",
            "node/pipes/b.json",
            "node/same.json",
        ];
        assert_eq!(list(&tree, "node").expect("a folder"), node);
        assert_eq!(list(&tree, "./node/pipes/").expect("a folder"), ["node/pipes/b.json"]);
        let through_link = list(&tree, "node/more").expect("a link to a folder");
        assert_eq!(through_link, ["node/more/back/b.json", "node/more/c.json"]);
        assert_eq!(list(&tree, "").expect("the root").len(), 8);
        assert!(list(&tree, "nod").expect("no folder").is_empty());
        assert_eq!(list(&tree, "..").expect_err("outside").kind(), Kind::Verification);
    }

    #[test]
    fn every_link_that_cannot_be_followed_and_every_submodule_is_named() {
        let tree = tree_of(&[
            ".github/",
            "a/",
            "a/b -> ../b",
            "a/x",
            "b/",
            "b/a -> ../a",
            "b/absolute -> /etc/hostname",
            "b/away -> ../..",
            "b/broken -> nowhere",
            "b/github -> ../.github",
            "b/round -> .",
            "b/sub@",
        ]);
        let error = list(&tree, "a").expect_err("nothing is left out in silence");
        assert_eq!((error.kind(), error.related().len()), (Kind::Verification, 7), "{error:?}");
        let shown = format!("{error:?}");
        for path in ["a", "absolute", "away", "broken", "github", "round", "sub"] {
            assert!(shown.contains(&format!("a/b/{path}")), "{path}: {shown}");
        }
    }

    #[test]
    fn links_that_multiply_come_to_an_end() {
        let mut lines: Vec<String> = (0..12).map(|step| format!("{step:02}/")).collect();
        for step in 0..11 {
            lines.extend((0..3).map(|link| format!("{step:02}/{link} -> ../{:02}", step + 1)));
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let error = list(&tree_of(&lines), "00").expect_err("too many");
        assert!(error.message().contains("more than 1000 links"), "{error:?}");
    }
}
