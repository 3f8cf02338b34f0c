//! Every encoding is detected, and nothing else is.

use std::collections::BTreeMap;
use std::io::Write;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::*;
use crate::git::GitHost;

fn encodings(haystack: impl AsRef<[u8]>) -> Vec<String> {
    let surrounded = [b"before ".as_slice(), haystack.as_ref(), b" after".as_slice()].concat();
    Canary::hostile("vault").find(&surrounded).into_iter().map(|finding| finding.encoding).collect()
}

fn value() -> String {
    Canary::hostile("vault").value().to_owned()
}

#[test]
fn the_hostile_value_is_awkward_everywhere() {
    for awkward in ["\"", "\\", "\n", "%+/", "ø"] {
        assert!(value().contains(awkward), "{awkward:?}");
    }
}

#[test]
fn plain_text_is_found_also_when_its_lines_are_prefixed() {
    assert_eq!(encodings(value()), ["plain"]);
    assert_eq!(encodings(value().replace('\n', "\n+ ")), ["plain"]);
}

#[test]
fn json_is_found_with_raw_and_with_escaped_letters() {
    let json = serde_json::to_string(&value()).expect("a text is JSON");
    assert!(json.contains('ø'));
    assert_eq!(encodings(&json), ["escaped, plain"]);
    assert_eq!(encodings(json.replace('ø', "\\u00f8").replace('/', "\\/")), ["escaped, plain"]);
    assert_eq!(encodings(serde_json::to_string(&json).expect("a text is JSON")), ["escaped twice, plain"]);
}

#[test]
fn debug_output_is_found() {
    assert_eq!(encodings(format!("{:?}", value())), ["escaped, plain"]);
    assert_eq!(encodings(value().escape_default().to_string()), ["escaped, plain"]);
    assert_eq!(encodings(value().escape_unicode().to_string()), ["escaped, plain"]);
    assert_eq!(encodings(value().as_bytes().escape_ascii().to_string()), ["escaped, plain"]);
    assert_eq!(encodings(format!("{:?}", value().as_bytes())), ["list of bytes"]);
}

#[test]
fn percent_escapes_are_found_in_both_cases_and_as_a_form() {
    let upper = utf8_percent_encode(&value(), NON_ALPHANUMERIC).to_string();
    assert_eq!(encodings(&upper), ["percent-escaped, plain"]);
    assert_eq!(encodings(upper.to_lowercase()), ["percent-escaped, plain"]);
    let form = upper.replace("%2D", "-");
    assert_eq!(encodings(format!("token={form}&next=1")), ["percent-escaped, plain"]);
    let twice = utf8_percent_encode(&upper, NON_ALPHANUMERIC).to_string();
    assert_eq!(encodings(twice), ["percent-escaped twice, plain"]);
}

#[test]
fn base64_is_found_at_all_alignments_in_both_alphabets() {
    for before in ["", "a", "ab", "abc"] {
        let text = format!("{before}{}:rest", value());
        assert_eq!(encodings(BASE64_STANDARD.encode(&text)), ["base64"], "{before}");
        assert_eq!(encodings(BASE64_URL_SAFE_NO_PAD.encode(&text)), ["base64"], "{before}");
        let escaped = utf8_percent_encode(&BASE64_STANDARD.encode(&text), NON_ALPHANUMERIC).to_string();
        assert!(encodings(escaped)[0].ends_with("base64"), "{before}");
    }
}

#[test]
fn hexadecimal_is_found() {
    let hexadecimal: String = value().bytes().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(encodings(&hexadecimal), ["hexadecimal"]);
    assert_eq!(encodings(hexadecimal.to_uppercase()), ["hexadecimal"]);
}

#[test]
fn innocent_text_stays_unmarked() {
    assert!(encodings("kanari synger \\ \\u %zz %4 ** and a \\u{110000} \\xz").is_empty());
    assert!(encodings(Canary::hostile("other").value()).is_empty());
}

#[test]
fn tokens_for_headers_are_visible_ascii() {
    for canary in [Canary::header_safe("slack"), Canary::jwt("node")] {
        assert!(canary.value().bytes().all(|byte| byte.is_ascii_graphic()), "{canary:?}");
        assert_eq!(canary.find(canary.value().as_bytes()).len(), 1);
    }
}

fn found_in(folder: &std::path::Path) -> Vec<String> {
    Canary::hostile("vault").find_in_folder(folder).into_iter().map(|found| found.part).collect()
}

#[test]
fn files_their_names_and_compressed_streams_are_searched() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("deep")).expect("writable");
    std::fs::write(folder.path().join("deep/innocent"), "nothing").expect("writable");
    assert!(found_in(folder.path()).is_empty());

    std::fs::write(folder.path().join("deep/log"), format!("value: {:?}", value())).expect("writable");
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(value().repeat(20).as_bytes()).expect("memory takes all");
    let stream = encoder.finish().expect("memory takes all");
    std::fs::write(folder.path().join("deep/loose"), &stream).expect("writable");
    std::fs::write(folder.path().join("deep/stray.pack"), [b"PACK....".as_slice(), &stream].concat())
        .expect("writable");
    std::fs::write(folder.path().join(utf8_percent_encode(&value(), NON_ALPHANUMERIC).to_string()), "")
        .expect("writable");
    assert_eq!(found_in(folder.path()), ["content", "inflated", "inflated", "name"]);
}

#[test]
fn git_objects_are_inflated_loose_and_packed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let host = GitHost::at(folder.path().to_owned());
    let repository = host.create("extra", "main", &BTreeMap::from([("a.txt".to_owned(), b"clean".to_vec())]));
    assert!(found_in(folder.path()).is_empty());

    repository.commit("main", "Change", &BTreeMap::from([("b.txt".to_owned(), value().into_bytes())]));
    let parts = found_in(folder.path());
    assert!(parts.iter().any(|part| part.starts_with("blob ")), "{parts:?}");

    repository.commit("main", &value(), &BTreeMap::from([("c.txt".to_owned(), b"clean".to_vec())]));
    repository.repack();
    let parts = found_in(folder.path());
    assert!(parts.iter().any(|part| part.starts_with("commit ")), "{parts:?}");
    assert!(parts.iter().any(|part| part == "inflated"), "the pack itself is searched: {parts:?}");
}
