//! The tree of a commit: paths, and the links among them.

use std::collections::BTreeMap;

use deployer_core::Result;
use deployer_git::ObjectId;

use crate::errors;

/// How many links can follow each other on the path to one file, as on Linux.
const MOST_LINKS: usize = 40;

/// An item at a path of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TreeItem {
    Folder,
    File(ObjectId),
    /// A link, with the path that it leads to.
    Link(String),
    Submodule,
}

/// Everything below the root of the configuration, by path.
#[derive(Debug, Default)]
pub(crate) struct Tree(BTreeMap<String, TreeItem>);

/// Where a path leads, links followed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    Nothing,
    /// A folder, by its own path; the empty one is the root.
    Folder(String),
    File(ObjectId),
}

impl FromIterator<(String, TreeItem)> for Tree {
    fn from_iter<I: IntoIterator<Item = (String, TreeItem)>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl Tree {
    /// The file at a path; `None` if nothing is there.
    ///
    /// # Errors
    /// `Verification` for a path that leaves the root, by its steps or through a link, for a link into a hidden folder, in a circle or to
    /// nothing, for a path into a submodule, and for a folder.
    pub(crate) fn file(&self, path: &str) -> Result<Option<ObjectId>> {
        match self.find(path)? {
            Destination::Nothing => Ok(None),
            Destination::File(id) => Ok(Some(id)),
            Destination::Folder(_) => Err(errors::not_a_file(path)),
        }
    }

    /// Where a path leads.
    ///
    /// # Errors
    /// As [`Self::file`], except that a folder is none.
    pub(crate) fn find(&self, path: &str) -> Result<Destination> {
        if path.starts_with('/') || steps(path).any(|step| step == "..") {
            return Err(errors::leaves_root(path));
        }
        Search { tree: self, file: path, links: 0 }.walk(String::new(), path)
    }

    /// Everything below a folder, with its path from there.
    pub(crate) fn below<'a>(
        &'a self,
        folder: &str,
    ) -> impl Iterator<Item = (&'a str, &'a TreeItem)> + use<'a> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let start = prefix.len();
        let inside = self.0.range(prefix.clone()..).take_while(move |(path, _)| path.starts_with(&prefix));
        inside.map(move |(path, item)| (&path[start..], item))
    }
}

/// The search for what a path leads to.
struct Search<'a> {
    tree: &'a Tree,
    /// The path that messages name.
    file: &'a str,
    /// The number of links so far.
    links: usize,
}

impl Search<'_> {
    /// Walks a path from a folder.
    fn walk(&mut self, mut folder: String, path: &str) -> Result<Destination> {
        let mut found = Destination::Folder(folder.clone());
        for step in steps(path) {
            if !matches!(found, Destination::Folder(_)) {
                return Ok(Destination::Nothing);
            }
            if step == ".." {
                let Some(parent) = parent(&folder) else { return Err(errors::leaves_root(self.file)) };
                folder = parent.to_owned();
                found = Destination::Folder(folder.clone());
                continue;
            }
            let place = join(&folder, step);
            found = match self.tree.0.get(&place) {
                None => return Ok(Destination::Nothing),
                Some(TreeItem::Submodule) => return Err(errors::submodule(self.file, &place)),
                Some(TreeItem::File(id)) => Destination::File(*id),
                Some(TreeItem::Folder) => Destination::Folder(place),
                Some(TreeItem::Link(target)) => self.follow(&folder, &place, target)?,
            };
            if let Destination::Folder(path) = &found {
                folder.clone_from(path);
            }
        }
        Ok(found)
    }

    /// Follows the link at `place`, which is in `folder`.
    fn follow(&mut self, folder: &str, place: &str, target: &str) -> Result<Destination> {
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(errors::circle(self.file));
        }
        if target.starts_with('/') {
            return Err(errors::leaves_root(self.file));
        }
        if steps(target).any(is_hidden) {
            return Err(errors::hidden(self.file));
        }
        match self.walk(folder.to_owned(), target)? {
            Destination::Nothing => Err(errors::dangling(self.file, place)),
            found => Ok(found),
        }
    }
}

/// Whether a name is hidden. Names such as `..data` are not: Kubernetes links to them.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.') && !name.starts_with("..")
}

/// The steps of a path, without the empty ones and `.`.
pub(crate) fn steps(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|step| !matches!(*step, "" | "."))
}

pub(crate) fn join(folder: &str, path: &str) -> String {
    match (folder, path) {
        ("", path) => path.to_owned(),
        (folder, "") => folder.to_owned(),
        _ => format!("{folder}/{path}"),
    }
}

/// The folder of a path; `None` for the root.
pub(crate) fn parent(path: &str) -> Option<&str> {
    if path.is_empty() { None } else { Some(path.rsplit_once('/').map_or("", |(folder, _)| folder)) }
}

/// A tree of paths: a folder ends with `/`, a link is `path -> target`, a submodule ends with `@`.
#[cfg(test)]
pub(crate) fn tree_of(lines: &[&str]) -> Tree {
    let file = ObjectId::from_hex(&[b'1'; 40]).expect("an id");
    lines
        .iter()
        .map(|line| match (line.split_once(" -> "), line.strip_suffix('/'), line.strip_suffix('@')) {
            (Some((path, target)), ..) => (path.to_owned(), TreeItem::Link(target.to_owned())),
            (_, Some(path), _) => (path.to_owned(), TreeItem::Folder),
            (_, _, Some(path)) => (path.to_owned(), TreeItem::Submodule),
            _ => ((*line).to_owned(), TreeItem::File(file)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use deployer_core::Kind;

    use super::*;

    fn sample() -> Tree {
        tree_of(&[
            ".github/",
            ".github/x",
            "a.json",
            "more/",
            "more/back -> ../node/pipes",
            "more/c.json",
            "node/",
            "node/a.json",
            "node/absolute -> /etc/hostname",
            "node/away -> ../..",
            "node/broken -> nowhere",
            "node/github -> ../.github/x",
            "node/lost -> ../node/nowhere",
            "node/more -> ../more",
            "node/pipes/",
            "node/pipes/b.json",
            "node/round -> round",
            "node/same.json -> pipes/../a.json",
            "node/sub@",
        ])
    }

    #[test]
    fn links_are_followed_inside_the_root_alone() {
        let tree = sample();
        for path in
            ["node/a.json", "./node//a.json", "node/same.json", "node/more/c.json", "node/more/back/b.json"]
        {
            assert!(tree.file(path).expect(path).is_some(), "{path}");
        }
        assert!(tree.file(".github/x").expect("the settings can name it").is_some());
        for path in ["none", "node/a.json/below", "node/more/none", "node/pip"] {
            assert_eq!(tree.file(path).expect(path), None, "{path}");
        }
        for (path, words) in [
            ("..", "leaves the folder"),
            ("/node/a.json", "leaves the folder"),
            ("node/../node/a.json", "leaves the folder"),
            ("node/away/x", "leaves the folder"),
            ("node/absolute", "leaves the folder"),
            ("node/broken", "the link \"node/broken\" leads to nothing"),
            ("node/lost/x.json", "the link \"node/lost\" leads to nothing"),
            ("node/github", "hidden folder"),
            ("node/round", "circle"),
            ("node/sub/x", "submodule"),
            ("node", "is a folder"),
        ] {
            let error = tree.file(path).expect_err(path);
            assert_eq!(error.kind(), Kind::Verification, "{path}");
            assert!(error.message().contains(path) && error.message().contains(words), "{error:?}");
        }
    }

    #[test]
    fn a_ladder_of_links_ends() {
        let steps: Vec<String> = (1..100).map(|step| format!("{step} -> {}", step - 1)).collect();
        let lines: Vec<&str> = ["0"].into_iter().chain(steps.iter().map(String::as_str)).collect();
        let tree = tree_of(&lines);
        assert!(tree.file("40").expect("a short one").is_some());
        assert_eq!(tree.file("99").expect_err("a long one").kind(), Kind::Verification);
    }
}
