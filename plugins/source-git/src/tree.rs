//! What stands where in a commit: paths, and the links among them.

use std::collections::BTreeMap;

use deployer_core::Result;
use deployer_git::ObjectId;

use crate::errors;

/// How many links may follow each other on the way to one file, as on Linux.
const MOST_LINKS: usize = 40;

/// How many links to folders are followed in one listing.
const MOST_LISTED_LINKS: usize = 10_000;

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Folder,
    File(ObjectId),
    /// A link, with the path that it leads to.
    Link(String),
    Submodule,
}

/// Everything below the root of the configuration, by path.
#[derive(Debug, Default)]
pub(crate) struct Tree(BTreeMap<String, Place>);

/// Where a path leads, links followed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Nothing,
    /// A folder, by its own path; the empty one is the root.
    Folder(String),
    File(ObjectId),
}

impl FromIterator<(String, Place)> for Tree {
    fn from_iter<I: IntoIterator<Item = (String, Place)>>(places: I) -> Self {
        Self(places.into_iter().collect())
    }
}

impl Tree {
    /// The file at a path; none when there is nothing.
    ///
    /// # Errors
    /// `Verification` for a path that leaves the root, by its steps or through a link, that leads into a submodule or in a circle,
    /// and for a folder.
    pub(crate) fn file(&self, path: &str) -> Result<Option<ObjectId>> {
        match self.find(path)? {
            Found::Nothing => Ok(None),
            Found::File(id) => Ok(Some(id)),
            Found::Folder(_) => Err(errors::not_a_file(path)),
        }
    }

    /// The paths of all files below a folder, in order of their bytes; empty when there is no such folder.
    ///
    /// Hidden folders such as `.github` are left out, and submodules, and links that lead outside, in a circle or nowhere.
    ///
    /// # Errors
    /// As [`Self::file`], for the folder itself.
    pub(crate) fn list(&self, folder: &str) -> Result<Vec<String>> {
        let Found::Folder(start) = self.find(folder)? else { return Ok(Vec::new()) };
        let shown: Vec<&str> = steps(folder).collect();
        let mut listing = Listing { tree: self, followed: 0, way: Vec::new(), files: Vec::new() };
        listing.collect(&shown.join("/"), &start).map_err(|()| errors::circle(folder))?;
        listing.files.sort_unstable();
        Ok(listing.files)
    }

    fn find(&self, path: &str) -> Result<Found> {
        if path.starts_with('/') || steps(path).any(|step| step == "..") {
            return Err(errors::leaves_root(path));
        }
        self.find_from(String::new(), path, path)
    }

    /// Where `way` leads from a folder; `asked` is what messages name.
    fn find_from(&self, mut at: String, way: &str, asked: &str) -> Result<Found> {
        let mut ahead: Vec<String> = steps(way).rev().map(str::to_owned).collect();
        let mut links = 0;
        let mut found = Found::Folder(at.clone());
        while let Some(step) = ahead.pop() {
            if !matches!(found, Found::Folder(_)) {
                return Ok(Found::Nothing);
            }
            if step == ".." {
                let Some(above) = above(&at) else { return Err(errors::leaves_root(asked)) };
                at = above.to_owned();
                found = Found::Folder(at.clone());
                continue;
            }
            let place = join(&at, &step);
            match self.0.get(&place) {
                None => return Ok(Found::Nothing),
                Some(Place::Submodule) => return Err(errors::submodule(asked, &place)),
                Some(Place::File(id)) => found = Found::File(*id),
                Some(Place::Folder) => {
                    at = place;
                    found = Found::Folder(at.clone());
                }
                Some(Place::Link(target)) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(errors::circle(asked));
                    }
                    if target.starts_with('/') {
                        return Err(errors::leaves_root(asked));
                    }
                    ahead.extend(steps(target).rev().map(str::to_owned));
                }
            }
        }
        Ok(found)
    }

    /// Everything below a folder, with its path from there.
    fn below<'a>(&'a self, folder: &str) -> impl Iterator<Item = (&'a str, &'a Place)> + use<'a> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let start = prefix.len();
        let inside = self.0.range(prefix.clone()..).take_while(move |(path, _)| path.starts_with(&prefix));
        inside.map(move |(path, place)| (&path[start..], place))
    }
}

/// A listing under way.
struct Listing<'a> {
    tree: &'a Tree,
    followed: usize,
    /// The folders that are being listed, each with the folder of the link that led to the next one.
    way: Vec<(String, String)>,
    files: Vec<String>,
}

impl Listing<'_> {
    /// Adds the files below the folder `at`, which is listed as `shown`. Fails when there is no end to links.
    fn collect(&mut self, shown: &str, at: &str) -> Result<(), ()> {
        let tree = self.tree;
        for (path, place) in tree.below(at) {
            let folder = above(path).unwrap_or_default();
            if steps(folder).any(|step| step.starts_with('.')) {
                continue;
            }
            match place {
                Place::File(_) => self.files.push(join(shown, path)),
                Place::Link(target) => {
                    let folder = join(at, folder);
                    match tree
                        .find_from(folder.clone(), target, path)
                        .ok()
                        .filter(|_| !target.starts_with('/'))
                    {
                        Some(Found::File(_)) => self.files.push(join(shown, path)),
                        Some(Found::Folder(to)) if !is_hidden(path) => {
                            self.way.push((at.to_owned(), folder));
                            let known = self.way.iter().any(|(from, link)| is_between(from, &to, link));
                            self.followed += 1;
                            if self.followed > MOST_LISTED_LINKS {
                                return Err(());
                            }
                            if !known {
                                self.collect(&join(shown, path), &to)?;
                            }
                            self.way.pop();
                        }
                        _ => {}
                    }
                }
                Place::Folder | Place::Submodule => {}
            }
        }
        Ok(())
    }
}

/// Whether the folder `at` is on the way from a folder down to one inside it.
fn is_between(from: &str, at: &str, to: &str) -> bool {
    let holds = |outer: &str, inner: &str| {
        outer.is_empty()
            || inner == outer
            || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
    };
    holds(from, at) && holds(at, to)
}

fn is_hidden(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with('.'))
}

/// The parts of a path that mean something.
fn steps(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|step| !matches!(*step, "" | "."))
}

fn join(folder: &str, path: &str) -> String {
    match (folder, path) {
        ("", path) => path.to_owned(),
        (folder, "") => folder.to_owned(),
        _ => format!("{folder}/{path}"),
    }
}

/// The folder that something is in; none for the root.
fn above(path: &str) -> Option<&str> {
    if path.is_empty() { None } else { Some(path.rsplit_once('/').map_or("", |(folder, _)| folder)) }
}

#[cfg(test)]
mod tests {
    use deployer_core::Kind;

    use super::*;

    /// A tree of paths: a folder ends with `/`, a link says `-> target`, a submodule ends with `@`.
    fn tree(lines: &[&str]) -> Tree {
        let file = ObjectId::from_hex(&[b'1'; 40]).expect("an id");
        lines
            .iter()
            .map(|line| match (line.split_once(" -> "), line.strip_suffix('/'), line.strip_suffix('@')) {
                (Some((path, target)), ..) => (path.to_owned(), Place::Link(target.to_owned())),
                (_, Some(path), _) => (path.to_owned(), Place::Folder),
                (_, _, Some(path)) => (path.to_owned(), Place::Submodule),
                _ => ((*line).to_owned(), Place::File(file)),
            })
            .collect()
    }

    fn sample() -> Tree {
        tree(&[
            "node/",
            "node/.hidden/",
            "node/.hidden/x",
            "node/a.json",
            "node/away -> ../..",
            "node/absolute -> /etc/hostname",
            "node/broken -> nowhere",
            "node/circle -> .",
            "node/pipes/",
            "node/pipes/b.json",
            "node/more -> ../more",
            "node/round -> round",
            "node/same.json -> pipes/../a.json",
            "node/sub@",
            "more/",
            "more/back -> ../node/pipes",
            "more/c.json",
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
        for path in ["none", "node/broken", "node/a.json/below", "node/more/none", "node/pip"] {
            assert_eq!(tree.file(path).expect(path), None, "{path}");
        }
        for path in [
            "..",
            "/node/a.json",
            "node/../node/a.json",
            "node/away/x",
            "node/absolute",
            "node/round",
            "node/sub/x",
            "node",
        ] {
            let error = tree.file(path).expect_err(path);
            assert_eq!(error.kind(), Kind::Verification, "{path}");
            assert!(error.message().contains(path), "{error:?}");
        }
    }

    #[test]
    fn a_listing_leaves_out_what_is_hidden_and_what_leads_nowhere() {
        let tree = sample();
        let node = [
            "node/a.json",
            "node/more/back/b.json",
            "node/more/c.json",
            "node/pipes/b.json",
            "node/same.json",
        ];
        assert_eq!(tree.list("node").expect("a folder"), node);
        assert_eq!(tree.list("./node/pipes/").expect("a folder"), ["node/pipes/b.json"]);
        assert_eq!(
            tree.list("node/more").expect("a link to a folder"),
            ["node/more/back/b.json", "node/more/c.json"]
        );
        assert_eq!(tree.list("").expect("the root").len(), 7);
        assert!(tree.list("nod").expect("no folder").is_empty());
        assert_eq!(tree.list("..").expect_err("outside").kind(), Kind::Verification);
    }

    #[test]
    fn links_that_lead_to_each_other_come_to_an_end() {
        let mutual = tree(&["a/", "a/b -> ../b", "a/x", "b/", "b/a -> ../a", "b/y"]);
        assert_eq!(mutual.list("").expect("the root"), ["a/b/y", "a/x", "b/a/x", "b/y"]);
        let names: Vec<String> = (0..12).map(|number| format!("f{number}")).collect();
        let mut lines: Vec<String> = names.iter().map(|name| format!("{name}/")).collect();
        for from in &names {
            lines.extend(names.iter().map(|to| format!("{from}/{to} -> ../{to}")));
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(tree(&lines).list("").expect_err("it never ends").kind(), Kind::Verification);
    }
}
