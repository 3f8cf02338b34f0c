use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::*;
use crate::sample::demo;

#[test]
fn the_policy_allows_the_two_styles_and_nothing_else() {
    for style in STYLES {
        assert_eq!(
            STANDARD.encode(Sha256::digest(style.text)),
            style.hash,
            "run `openssl dgst -sha256 -binary FILE | base64`"
        );
    }
    let page = html(&demo());
    assert_eq!(page.matches("<style>").count(), STYLES.len());
    for Inline { text, hash } in STYLES {
        assert!(
            page.contains(&format!("<style>{text}</style>")) && page.contains(&format!("'sha256-{hash}'"))
        );
    }
    for forbidden in ["<script", " style=", "url(", "@import", "src=", "href="] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn the_table_has_every_row_with_its_readers_replicas_and_opener() {
    let page = html(&demo());
    let row = "<tr><td data-label=\"Pipe\"><code>nett-anlegg</code></td>\
               <td data-label=\"Datasets\"><span><code>nett-anlegg</code></span></td>\
               <td data-label=\"Read by\"><span><code>global-kunde</code> in a hop</span></td>\
               <td data-label=\"Replicas\"><span><code>nett-anlegg-to-master</code> on nett</span>\
               <span><code>nett-anlegg</code> on master</span></td>\
               <td data-label=\"Connection opened by\">nett</td></tr>";
    assert!(page.contains(row), "{page}");
    assert_eq!(page.matches("<tr><td").count(), demo().crossings.len());
}
