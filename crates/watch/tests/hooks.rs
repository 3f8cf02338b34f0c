//! The schemes of the senders, with the examples that GitHub and Atlassian publish.

use deployer_watch::Sender;

const SECRET: &[u8] = b"It's a Secret to Everybody";
const GITHUB: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
const BITBUCKET: &str = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";

const GENUINE: [(Sender, &[u8], &str, &[u8]); 7] = [
    (Sender::GitHub, SECRET, GITHUB, b"Hello, World!"),
    (Sender::Bitbucket, SECRET, BITBUCKET, b"Hello World!"),
    (Sender::GitLab, SECRET, "It's a Secret to Everybody", b"{}"),
    // RFC 7617, section 2.
    (Sender::AzureDevOps, b"Aladdin:open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", b"{}"),
    (Sender::AzureDevOps, b"Aladdin:open sesame", "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", b"{}"),
    // RFC 6750, section 2.1.
    (Sender::Plain, b"mF_9.B5f-4.1JqM", "Bearer mF_9.B5f-4.1JqM", b""),
    (Sender::Plain, b"mF_9.B5f-4.1JqM", "bearer mF_9.B5f-4.1JqM", b""),
];

#[test]
fn published_examples_are_genuine() {
    for (sender, secret, header, body) in GENUINE {
        assert!(sender.is_genuine(secret, header.as_bytes(), body), "{sender:?} {header}");
    }
}

#[test]
fn a_changed_header_or_secret_is_not_genuine() {
    for (sender, secret, header, body) in GENUINE {
        let is_genuine = |header: &str| sender.is_genuine(secret, header.as_bytes(), body);
        assert!(!is_genuine(""), "{sender:?}: empty");
        assert!(!is_genuine(&header[..header.len() - 1]), "{sender:?}: shortened");
        assert!(!is_genuine(&format!("{header}0")), "{sender:?}: lengthened");
        assert!(!sender.is_genuine(b"another", header.as_bytes(), body), "{sender:?}: another secret");
    }
}

#[test]
fn a_signature_covers_the_body() {
    assert!(!Sender::GitHub.is_genuine(SECRET, GITHUB.as_bytes(), b"Hello World!"));
    assert!(!Sender::Bitbucket.is_genuine(SECRET, BITBUCKET.as_bytes(), b"Hello, World!"));
}

#[test]
fn an_empty_secret_proves_nothing() {
    for (sender, header) in
        [(Sender::GitLab, ""), (Sender::AzureDevOps, "Basic "), (Sender::Plain, "Bearer ")]
    {
        assert!(!sender.is_genuine(b"", header.as_bytes(), b""), "{sender:?}");
    }
}
