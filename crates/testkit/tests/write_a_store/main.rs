//! The store of the page "Write a secret store": its code, and that the page has this very code.

// The contract test names the crate of the store as an author's test does.
extern crate self as deployer_store_shelf;

mod contract;
mod store;

pub use store::SHELF;

const PAGE: &str = include_str!("../../../../docs/write-a-store.md");

/// The block of code after a line that names its file.
fn block<'a>(page: &'a str, file: &str) -> Option<&'a str> {
    let (_, after) = page.split_once(&format!("\n`{file}`:\n\n```rust\n"))?;
    after.split_once("```\n").map(|(code, _)| code)
}

#[test]
fn the_page_has_the_code_that_is_built_and_tested_here() {
    for (file, code) in
        [("src/lib.rs", include_str!("store.rs")), ("tests/contract.rs", include_str!("contract.rs"))]
    {
        let written = block(PAGE, file).unwrap_or_else(|| panic!("the page has no {file}"));
        assert_eq!(written, code, "{file}: copy the tested file into the page");
    }
}
