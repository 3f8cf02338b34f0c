//! State in a container of Azure Blob Storage.
#![doc = include_str!("../README.md")]

mod login;
mod settings;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "azure"`: a folder of a container.
pub const AZURE: Plugin = Plugin::new(
    "azure",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::State(|section, context| {
        let name = section.name().to_owned();
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(settings.place(&name, context)?))
    }),
)
.with_about("A container of Azure Blob Storage")
.with_example(
    r#"account = "teamsesam"
container = "sesam-state"
prefix = "prod"
login.workload_identity.tenant = "00000000-0000-0000-0000-000000000000"
login.workload_identity.client_id = "11111111-1111-1111-1111-111111111111"
login.workload_identity.token = { env = "AZURE_FEDERATED_TOKEN" }
"#,
);
