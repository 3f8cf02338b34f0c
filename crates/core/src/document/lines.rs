//! From byte offsets to lines and columns, fast also when a file of many megabytes is one line.

use std::sync::OnceLock;

/// Up to this many bytes, counting from the start is faster than an index, and takes no memory.
const SHORT: usize = 8 << 10;

/// How many bytes share one entry of [`Lines::continuations`].
const BLOCK: usize = 256;

/// Line and column of a byte offset, both counted from 1, the column in characters. `index` is made for a long text only.
pub(super) fn line_and_column(text: &str, offset: usize, index: &OnceLock<Lines>) -> (u32, u32) {
    if text.len() > SHORT {
        return index.get_or_init(|| Lines::of(text)).line_and_column(text, offset);
    }
    let before = &text.as_bytes()[..text.floor_char_boundary(offset)];
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let (earlier, own) = before.split_at(start);
    let line = earlier.iter().filter(|byte| **byte == b'\n').count() + 1;
    (clamp(line), clamp(own.len() - count_continuations(own) + 1))
}

/// Where the lines of a text begin.
pub(super) struct Lines {
    starts: Box<[u32]>,
    /// How many bytes before each block continue a character rather than begin one.
    continuations: Box<[u32]>,
}

impl Lines {
    /// Reads the text once.
    fn of(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(text.match_indices('\n').map(|(newline, _)| clamp(newline + 1)));
        let mut total = 0;
        let mut continuations = vec![0];
        for block in text.as_bytes().chunks(BLOCK) {
            total += count_continuations(block);
            continuations.push(clamp(total));
        }
        Self { starts: starts.into(), continuations: continuations.into() }
    }

    fn line_and_column(&self, text: &str, offset: usize) -> (u32, u32) {
        let offset = text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start as usize <= offset);
        // The first line begins at 0, so at least one line begins at or before any offset.
        let start = self.starts[line - 1] as usize;
        let bytes = text.as_bytes();
        let continuations = if offset - start <= BLOCK {
            count_continuations(&bytes[start..offset])
        } else {
            self.before(bytes, offset) - self.before(bytes, start)
        };
        (clamp(line), clamp(offset - start - continuations + 1))
    }

    fn before(&self, bytes: &[u8], offset: usize) -> usize {
        let block = offset / BLOCK;
        self.continuations[block] as usize + count_continuations(&bytes[block * BLOCK..offset])
    }
}

fn count_continuations(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 == 0b1000_0000).count()
}

fn clamp(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_counting_from_the_start() {
        for length in [20, 3000] {
            let text =
                format!("{}\nblåbær\r\n\n{}æ{}", "x".repeat(5000), "å€𝄞".repeat(length), "y".repeat(100));
            let index = OnceLock::new();
            for (offset, _) in text.char_indices().chain([(text.len(), ' ')]).step_by(7) {
                let before = &text[..offset];
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                let found = line_and_column(&text, offset, &index);
                assert_eq!(found, (clamp(line), clamp(column)), "offset {offset}");
            }
            assert_eq!(index.get().is_some(), text.len() > SHORT);
        }
    }

    #[test]
    fn an_offset_inside_a_character_or_past_the_end_is_moved_back() {
        for found in [
            |text, offset| line_and_column(text, offset, &OnceLock::new()),
            |text, offset| Lines::of(text).line_and_column(text, offset),
        ] {
            assert_eq!(found("aå", 2), (1, 2));
            assert_eq!(found("aå", 99), (1, 3));
            assert_eq!(found("", 0), (1, 1));
        }
    }
}
