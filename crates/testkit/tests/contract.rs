//! The fakes pass the contract suites first.

#[path = "contract/mutants/mod.rs"]
mod mutants;
#[path = "contract/rigs.rs"]
mod rigs;

use deployer_testkit::contract::{
    config_source_contract, node_target_contract, notifier_contract, secret_store_contract,
    state_place_contract,
};

#[tokio::test]
async fn the_source_in_memory() {
    config_source_contract(&rigs::Source::default()).await;
}

#[tokio::test]
async fn the_store_in_memory_one_address_a_read() {
    secret_store_contract(&rigs::Store::new(1)).await;
}

#[tokio::test]
async fn the_store_in_memory_twenty_addresses_a_read() {
    secret_store_contract(&rigs::Store::new(20)).await;
}

#[tokio::test]
async fn the_target_in_memory_whatever_it_can_do() {
    for kind in rigs::Kind::ALL {
        node_target_contract(&rigs::Targets(kind)).await;
    }
}

#[tokio::test]
async fn the_notifier_in_memory() {
    notifier_contract(&rigs::Channel::default()).await;
}

#[tokio::test]
async fn the_place_in_memory() {
    state_place_contract(&rigs::State::default()).await;
}
