//! Configurations that nobody thought of.

use std::collections::BTreeSet;

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use deployer_core::format::quoted;
use deployer_core::model::Desired;
use deployer_core::traits::NodeTarget;

use super::deploying::{assert_holds, deploy};
use super::rig::Place;
use super::sample::{pipe, state, system};

/// How many configurations are deployed, one after the other.
const CONFIGURATIONS: u64 = 12;

/// How many bytes of chance a configuration is made of.
const CHANCE: u64 = 768;

/// After a deploy, a second plan finds no changes, whatever the target contained before. The configurations are the same in every run.
pub(super) async fn any_configuration(place: &dyn Place) {
    let target = place.target();
    for number in 1..=CONFIGURATIONS {
        let mut made = Vec::new();
        arbtest(|chance| {
            made.push(configuration(&*target, chance)?);
            Ok(())
        })
        .seed(number << 32 | CHANCE);
        for desired in &made {
            deploy(&*target, desired).await;
            assert_holds(place, desired).await;
        }
    }
}

const NAMES: [&str; 10] =
    ["a", "A-b", "crm:kunde", "blåbær", "漢字", "a b", "x%2Fy", "e\u{301}", "-.", "a.conf.json"];
const TEXTS: [&str; 8] =
    ["", "x", "æøå 🫐", "\" \\ /", "\n\t\u{7}", "</script>", "$ENV(x)", "##REPLACE_ID##"];
const NUMBERS: [&str; 9] = ["0", "-0", "1", "1.0", "1E2", "-0.25", "1e21", "12345678901234567890", "0.1"];

/// A configuration that any node takes: some pipes, some systems, some variables, perhaps the node's metadata.
fn configuration(target: &dyn NodeTarget, chance: &mut Unstructured<'_>) -> Result<Desired> {
    let mut entities = Vec::new();
    for name in some(chance)? {
        entities.push(pipe(name, &format!("\"value\": {}", value(chance, 4)?)));
    }
    for name in some(chance)? {
        entities.push(system(&format!("s-{name}"), chance.choose(&["a", "æ", "b c"])?));
    }
    if chance.arbitrary()? {
        let prefix = chance.choose(&["x", "y"])?;
        let namespaces = format!(r#"{{"default": {{"{prefix}": "http://x/"}}}}"#);
        entities.push(format!(r#"{{"_id": "node", "type": "metadata", "namespaces": {namespaces}}}"#));
    }
    let variables = format!("{{{}}}", members(chance)?);
    let secrets = some(chance)?.into_iter().filter(|name| name.is_ascii() && !name.contains(['%', ' ', '.']));
    Ok(state(target, &entities, &variables, &secrets.collect::<Vec<_>>()))
}

/// Some names, each once.
fn some(chance: &mut Unstructured<'_>) -> Result<BTreeSet<&'static str>> {
    (0..chance.int_in_range(0..=5)?).map(|_| chance.choose(&NAMES).copied()).collect()
}

/// The members of an object, without braces.
fn members(chance: &mut Unstructured<'_>) -> Result<String> {
    let members =
        some(chance)?.into_iter().map(|name| Ok(format!("{}: {}", quoted(name), value(chance, 3)?)));
    Ok(members.collect::<Result<Vec<_>>>()?.join(", "))
}

fn value(chance: &mut Unstructured<'_>, depth: u32) -> Result<String> {
    Ok(match chance.int_in_range(0..=if depth == 0 { 3 } else { 5 })? {
        0 => chance.choose(&["null", "true", "false"])?.to_string(),
        1 => chance.choose(&NUMBERS)?.to_string(),
        2 | 3 => quoted(chance.choose(&TEXTS)?),
        4 => {
            let items = (0..chance.int_in_range(0..=3)?).map(|_| value(chance, depth - 1));
            format!("[{}]", items.collect::<Result<Vec<_>>>()?.join(", "))
        }
        _ => {
            let named = some(chance)?.into_iter();
            let members = named.map(|name| Ok(format!("{}: {}", quoted(name), value(chance, depth - 1)?)));
            format!("{{{}}}", members.collect::<Result<Vec<_>>>()?.join(", "))
        }
    })
}
