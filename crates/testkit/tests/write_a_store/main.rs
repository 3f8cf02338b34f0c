//! The store of the pages "Write a secret store" and "Test a secret store": its code, and that the pages have this very code.

// The contract test names the crate of the store as an author's test does.
extern crate self as deployer_store_shelf;

mod contract;
mod store;

pub use store::SHELF;

const WRITE: &str = include_str!("../../../../docs/write-a-store.md");
const TEST: &str = include_str!("../../../../docs/test-a-store.md");

/// The block of code after a line that names its file.
fn block<'a>(page: &'a str, file: &str) -> Option<&'a str> {
    let (_, after) = page.split_once(&format!("\n`{file}`:\n\n```rust\n"))?;
    after.split_once("```\n").map(|(code, _)| code)
}

#[test]
fn the_pages_have_the_code_that_is_built_and_tested_here() {
    for (page, file, code) in [
        (WRITE, "src/lib.rs", include_str!("store.rs")),
        (TEST, "tests/contract.rs", include_str!("contract.rs")),
    ] {
        let written = block(page, file).unwrap_or_else(|| panic!("the page has no {file}"));
        assert_eq!(written, code, "{file}: copy the tested file into the page");
    }
}
