//! Configurations of any size, for counting and measuring: pipes as nodes have them, over a master and two extra nodes, with data
//! that crosses in both directions, systems that name secrets, and variables.

use std::path::Path;

use serde_json::json;

/// The extra nodes of a generated configuration; the second is a proxy node.
pub const EXTRA_NODES: [&str; 2] = ["east", "west"];

/// The environment whose whitelist and variables are generated.
pub const ENVIRONMENT: &str = "test";

/// How many variables there are.
const VARIABLES: usize = 20;

/// How big a configuration is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Pipes on all nodes, those that are made from templates not counted.
    pub pipes: usize,
    /// Secrets, each named by one system.
    pub secrets: usize,
}

/// The name of a secret, counted from 0.
pub fn secret(number: usize) -> String {
    format!("system-{number:03}-password")
}

/// Writes a configuration into an empty folder: `node/`, `extra_nodes/`, and a settings file whose nodes are only verified. The same
/// size gives the same files.
///
/// # Panics
/// When a file cannot be written.
pub fn write(root: &Path, size: Size) {
    let mut listed = vec!["node-metadata.conf.json".to_owned()];
    let metadata = json!({ "_id": "node", "type": "metadata", "namespaced_identifiers": false });
    file(root, "node/node-metadata.conf.json", &format!("{metadata:#}\n"));
    for number in 0..size.secrets {
        let path = format!("systems/system-{number:03}.conf.json");
        file(root, &format!("node/{path}"), &system(number));
        listed.push(path);
    }
    for number in 0..size.pipes {
        let path = format!("pipes/{}.conf.json", pipe_name(number));
        file(root, &format!("node/{path}"), &pipe(number));
        listed.push(path);
    }
    file(root, &format!("node/deployment/whitelist-{ENVIRONMENT}.txt"), &(listed.join("\n") + "\n"));
    let variables =
        (0..VARIABLES).map(|number| (variable(number), json!(format!("https://{number}.example.org"))));
    let variables = serde_json::Value::Object(variables.collect());
    file(root, &format!("node/variables/variables-{ENVIRONMENT}.json"), &format!("{variables:#}\n"));
    file(root, "deployer.toml", &settings());
    for node in EXTRA_NODES {
        for (name, template) in TEMPLATES {
            file(root, &format!("extra_nodes/{node}/{name}.json"), template);
        }
    }
}

/// Settings for the commands that talk to no node.
fn settings() -> String {
    let extra = |node: &str, proxy: bool| {
        format!("\n[nodes.{node}]\ntarget = false\ntemplates = \"extra_nodes/{node}\"\nproxy = {proxy}\n")
    };
    let extras = extra(EXTRA_NODES[0], false) + &extra(EXTRA_NODES[1], true);
    format!("environment = \"{ENVIRONMENT}\"\n\n[nodes.master]\ntarget = false\n{extras}")
}

fn file(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    let written =
        path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, text));
    written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// Out of ten pipes, seven lie on the master, two on the first and one on the second extra node.
fn owner(number: usize) -> Option<&'static str> {
    match number % 10 {
        7 | 8 => Some(EXTRA_NODES[0]),
        9 => Some(EXTRA_NODES[1]),
        _ => None,
    }
}

fn pipe_name(number: usize) -> String {
    format!("customer-{number:05}-enrich")
}

fn variable(number: usize) -> String {
    format!("service-{:02}-url", number % VARIABLES)
}

/// A pipe of about 1.5 KB in the portal's layout. Each reads the two before it, so that data crosses wherever the owner changes: in
/// every ten pipes twice from the master to an extra node and twice back.
fn pipe(number: usize) -> String {
    let node = owner(number).map_or(String::new(), |node| format!("\n    \"node\": \"{node}\","));
    let name = pipe_name(number);
    let (before, earlier) = (pipe_name(number.saturating_sub(1)), pipe_name(number.saturating_sub(2)));
    let (url, rows) = (variable(number), number % 60);
    format!(
        r#"{{
  "_id": "{name}",
  "type": "pipe",
  "description": "Samler kundedata fra CRM og beriker med adresse, rad \"{number}\"\nog skriver til global.",
  "source": {{
    "type": "merge",
    "datasets": ["{before} b", "{earlier} e", "address-{number} a"],
    "equality": [
      ["eq", "b.orgnr", "e.orgnr"],
      ["eq", "b.address-id", "a._id"]
    ],
    "identity": "first",
    "version": 2
  }},
  "transform": {{
    "type": "dtl",
    "rules": {{
      "default": [
        ["copy", "*",
          ["list", "_*", "$*"]
        ],
        ["add", "rdf:type",
          ["ni", "global-customer:customer-{number}"]
        ],
        ["add", "navn",
          ["if",
            ["is-not-null", "_S.crm-customer:navn"], "_S.crm-customer:navn", "ukjent kjøper"]
        ],
        ["add", "sum",
          ["multiply", 1.25,
            ["decimal", "_S.erp-customer:beløp"], {number}]
        ],
        ["add", "url",
          ["concat", "$ENV({url})", "/v1/customers/", "_S._id"]
        ],
        ["filter",
          ["and",
            ["not",
              ["is-empty", "_S.crm-customer:orgnr"]
            ],
            ["gt", "_S.crm-customer:updated",
              ["datetime-parse", "%Y-%m-%d", "2020-01-01"]
            ]
          ]
        ]
      ]
    }}
  }},
  "pump": {{
    "cron_expression": "{rows} * * * ?",
    "rescan_run_count": 10
  }},
  "metadata": {{{node}
    "global": true,
    "tags": ["crm", "kunde", "blåbær"]
  }},
  "batch_size": 100
}}
"#
    )
}

fn system(number: usize) -> String {
    let (url, secret) = (variable(number), secret(number));
    let node = owner(number)
        .map_or(String::new(), |node| format!("  \"metadata\": {{\n    \"node\": \"{node}\"\n  }},\n"));
    format!(
        r#"{{
  "_id": "system-{number:03}",
  "type": "system:url",
{node}  "authentication": "basic",
  "password": "$SECRET({secret})",
  "url_pattern": "$ENV({url})/%s",
  "username": "sesam"
}}
"#
    )
}

/// The pipe templates of an extra node.
const TEMPLATES: [(&str, &str); 4] = [
    (
        "pipe_on_master_from_extra_to_master",
        r###"{
  "_id": "##REPLACE_ID##",
  "type": "pipe",
  "source": {
    "type": "http_endpoint"
  },
  "batch_size": "##INBOUND_PARENT_PIPE.batch_size##"
}
"###,
    ),
    (
        "pipe_on_extra_from_extra_to_master",
        r###"{
  "_id": "##REPLACE_ID##-to-master",
  "type": "pipe",
  "source": {
    "type": "dataset",
    "dataset": "##REPLACE_ID##"
  },
  "sink": {
    "type": "http_endpoint"
  }
}
"###,
    ),
    (
        "pipe_on_master_from_master_to_extra",
        r###"{
  "_id": "##REPLACE_ID##-published",
  "type": "pipe",
  "source": {
    "type": "dataset",
    "dataset": "##REPLACE_ID##"
  },
  "sink": {
    "type": "http_endpoint"
  }
}
"###,
    ),
    (
        "pipe_on_extra_from_master_to_extra",
        r###"{
  "_id": "##REPLACE_ID##",
  "type": "pipe",
  "source": {
    "type": "http_endpoint"
  },
  "batch_size": "##INBOUND_PARENT_PIPE.batch_size##"
}
"###,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipes_are_as_big_as_real_ones_and_valid() {
        for number in [0, 1, 7, 9, 19_999] {
            let pipe = pipe(number);
            assert!((1_400..1_700).contains(&pipe.len()), "{} bytes", pipe.len());
            let value: serde_json::Value = serde_json::from_str(&pipe).unwrap();
            assert_eq!(value["metadata"]["node"].as_str(), owner(number));
            serde_json::from_str::<serde_json::Value>(&system(number)).unwrap();
        }
        for (_, template) in TEMPLATES {
            serde_json::from_str::<serde_json::Value>(template).unwrap();
        }
    }
}
