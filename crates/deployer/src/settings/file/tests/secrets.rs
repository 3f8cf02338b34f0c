//! Which secrets a node can use, and which stores are read for them.

use super::*;

#[test]
fn a_node_can_use_the_secrets_that_it_or_the_file_allows() {
    let allowed = |text: &str, at: usize| settings(text).nodes[at].allowed_secrets.clone();
    let text = format!(
        "{SMALL}[secrets]\nallow = [\"crm-*\"]\n[nodes.a]\ntarget = false\nallow_secrets = [\"erp-*\"]\n"
    );
    assert_eq!(allowed(&text, 0), Some(Protection::new(["crm-*"]).unwrap()));
    assert_eq!(allowed(&text, 1), Some(Protection::new(["erp-*"]).unwrap()));
    assert_eq!(allowed(SMALL, 0), None);
}

#[test]
fn a_store_must_be_defined_and_chosen_where_there_are_several() {
    refuses(
        "[nodes.a]\ntarget = false\nsecrets = [\"main\", \"mian\"]",
        "unknown store `mian`",
        3,
        "did you mean `main`?",
    );
    refuses(
        "[nodes.a]\ntarget = false\nsecrets = [\"zzz\"]",
        "unknown store `zzz`",
        3,
        "define it: add a table [stores.zzz]",
    );
    let shown = refusal(&format!("{SMALL}[stores.other]\nkind = \"vault\"\n"));
    assert!(shown.contains("[nodes.master]: there are several stores"), "{shown}");
    let unread = settings(
        &SMALL.replace("[nodes.master.target]", "[nodes.master]\nsecrets = []\n[nodes.master.target]"),
    );
    assert_eq!(unread.notes[0].message, "no node reads its secrets from [stores.main]");
    assert_eq!(unread.notes[0].places[0].to_string(), "conf/deployer.toml:3:1");
}

#[test]
fn rules_and_aliases_say_which_store_is_asked() {
    let routed = settings(&format!(
        "{SMALL}[stores.spare]\nkind = \"vault\"\n[secrets.rules]\n\"z-*\" = \"spare\"\n\"*-key\" = \"main\"\n\
         [secrets.aliases]\ndb = \"team/db\"\nother = {{ store = \"spare\" }}\n"
    )
    .replace("[nodes.master.target]", "[nodes.master]\nsecrets = [\"main\"]\n[nodes.master.target]"));
    let route = |name: &str| {
        let route = routed.routes.route(&name.into(), &["main".to_owned()]);
        format!("{}: {}", route.name, route.stores.join(", "))
    };
    assert_eq!(route("z-key"), "z-key: spare", "the rule that is written first counts");
    assert_eq!(route("a-key"), "a-key: main");
    assert_eq!(route("db"), "team/db: main");
    assert_eq!(route("other"), "other: spare");
    assert!(routed.notes.is_empty(), "a store of a rule is read: {:?}", routed.notes);
}

#[test]
fn rules_and_aliases_of_no_store_are_refused() {
    refuses("[secrets.rules]\n\"a-*\" = \"mian\"\n", "unknown store `mian`", 2, "did you mean `main`?");
    refuses("[secrets.aliases]\na = { store = \"xyz\" }\n", "unknown store `xyz`", 2, "[stores.xyz]");
    refuses("[secrets.rules]\n\"[\" = \"main\"\n", "invalid pattern", 2, "write `*` for any text");
    refuses("[secrets]\nrule = {}\n", "unknown", 2, "rules");
    refuses("[secrets]\nallow = [\"[\"]\n", "[secrets] allow: invalid pattern", 2, "write `*` for any text");
    refuses(
        "[configuration]\nupload_variables = false\n",
        "`upload_variables = false` is a key of a node",
        2,
        "",
    );
}
