//! The objects of a repository, inflated.

use std::path::Path;

use super::command::try_run;

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    /// The object's id in hexadecimal.
    pub(crate) id: String,
    /// `blob`, `tree`, `commit` or `tag`.
    pub(crate) kind: String,
    /// The inflated content.
    pub(crate) content: Vec<u8>,
}

/// All objects of a repository, reachable or not, loose or packed; the error is git's complaint.
pub(crate) fn all_objects(repository: &Path) -> Result<Vec<Object>, String> {
    let arguments = ["-c", "safe.directory=*", "cat-file", "--batch-all-objects", "--unordered", "--batch"];
    let output = try_run(repository, &arguments, None)?;
    Ok(parse_batch(&output))
}

/// The objects of a list of ids or names, in its order; those that do not exist are left out.
pub(super) fn objects(repository: &Path, names: &[String]) -> Result<Vec<Object>, String> {
    let input = names.iter().map(|name| format!("{name}\n")).collect::<String>().into_bytes();
    Ok(parse_batch(&try_run(repository, &["cat-file", "--batch"], Some(input))?))
}

/// Parses `<id> <kind> <size>` lines, each followed by so many bytes and a line end.
fn parse_batch(mut output: &[u8]) -> Vec<Object> {
    let mut objects = Vec::new();
    while let Some(end) = output.iter().position(|byte| *byte == b'\n') {
        let head = String::from_utf8_lossy(&output[..end]).into_owned();
        output = &output[end + 1..];
        let mut words = head.split(' ');
        let (Some(id), Some(kind), Some(size)) = (words.next(), words.next(), words.next()) else { continue };
        let Some(size) = size.parse::<usize>().ok().filter(|size| *size < output.len()) else { continue };
        objects.push(Object { id: id.to_owned(), kind: kind.to_owned(), content: output[..size].to_vec() });
        output = &output[size + 1..];
    }
    objects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_cut_at_its_sizes_and_missing_objects_are_left_out() {
        let objects = parse_batch(b"aa blob 3\na\nb\nbb missing\ncc tree 0\n\n");
        let seen: Vec<(&str, &[u8])> =
            objects.iter().map(|object| (object.id.as_str(), object.content.as_slice())).collect();
        assert_eq!(seen, [("aa", b"a\nb".as_slice()), ("cc", b"".as_slice())]);
        assert_eq!(objects[1].kind, "tree");
    }
}
