//! How fast documents are read: this crate, serde_json, and jsonc-parser, on pipes as nodes have them.

use deployer_core::document::SourceText;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use jsonc_parser::ast;
use jsonc_parser::common::{Range, Ranged};

fn main() {
    divan::main();
}

/// Pipes of about 1.5 KB in the portal's layout, each different.
fn pipes() -> Vec<String> {
    (0..1000).map(pipe).collect()
}

fn pipe(number: u32) -> String {
    format!(
        r#"{{
  "_id": "crm-customer-{number}-enrich",
  "type": "pipe",
  "description": "Samler kundedata fra CRM og beriker med adresse, rad \"{number}\"\nog skriver til global.",
  "source": {{
    "type": "merge",
    "datasets": ["crm-customer-{number} c", "erp-customer-{number} e", "adresse-{number} a"],
    "equality": [
      ["eq", "c.orgnr", "e.orgnr"],
      ["eq", "c.adresse-id", "a._id"]
    ],
    "identity": "first",
    "version": 2
  }},
  "transform": [{{
    "type": "dtl",
    "rules": {{
      "default": [
        ["copy", "*", ["list", "_*", "$*"]],
        ["add", "rdf:type",
          ["ni", "global-customer:customer-{number}"]
        ],
        ["add", "navn",
          ["if",
            ["is-not-null", "_S.crm-customer:navn"], "_S.crm-customer:navn", "ukjent kjøper"]
        ],
        ["add", "sum",
          ["multiply", 1.25,
            ["decimal", "_S.erp-customer:belop"], {number}]
        ],
        ["add", "url",
          ["concat", "$ENV(base-url)", "/v1/customers/", "_S._id"]
        ],
        ["filter",
          ["and",
            ["not",
              ["is-empty", "_S.crm-customer:orgnr"]
            ],
            ["gt", "_S.crm-customer:updated",
              ["datetime-parse", "%Y-%m-%d", "2020-01-{number}"]
            ]
          ]
        ]
      ]
    }}
  }}, {{
    "type": "http",
    "system": "validator-{number}",
    "url": "$ENV(validator-url)/check?key=$SECRET(validator-key)",
    "batch_size": 100
  }}],
  "pump": {{
    "cron_expression": "0/{number} * * * ?",
    "schedule_interval": 86400,
    "fallback_to_single_entities_on_batch_fail": false,
    "rescan_run_count": 10
  }},
  "metadata": {{
    "$config-group": "crm",
    "global": true,
    "tags": ["crm", "kunde", "blåbær"]
  }}
}}
"#
    )
}

fn bytes(pipes: &[String]) -> BytesCount {
    BytesCount::new(pipes.iter().map(String::len).sum::<usize>())
}

/// Reading to a tree with places and repeated keys, bytes checked to be UTF-8.
#[divan::bench]
fn ours(bencher: Bencher<'_, '_>) {
    let pipes = pipes();
    bencher.counter(bytes(&pipes)).bench(|| {
        for pipe in &pipes {
            let source = SourceText::from_bytes("pipe.conf.json", black_box(pipe).as_bytes().to_vec());
            black_box(source.expect("UTF-8").parse().expect("JSON"));
        }
    });
}

/// As `ours`, and every text looked at for variables and secrets.
#[divan::bench]
fn ours_and_scan(bencher: Bencher<'_, '_>) {
    let pipes = pipes();
    bencher.counter(bytes(&pipes)).bench(|| {
        let mut uses = 0_usize;
        for pipe in &pipes {
            let source = SourceText::from_bytes("pipe.conf.json", black_box(pipe).as_bytes().to_vec());
            let root = source.expect("UTF-8").parse().expect("JSON").root;
            root.value.for_each_text(root.span, &mut |text, _| uses += usize::from(text.contains('$')));
        }
        black_box(uses);
    });
}

/// A tree without places; of a repeated key nobody hears.
#[divan::bench]
fn serde_json(bencher: Bencher<'_, '_>) {
    let pipes = pipes();
    bencher.counter(bytes(&pipes)).bench(|| {
        for pipe in &pipes {
            let bytes = black_box(pipe).as_bytes().to_vec();
            black_box(serde_json::from_slice::<serde_json::Value>(&bytes).expect("JSON"));
        }
    });
}

/// A tree with places that borrows from the text.
#[divan::bench]
fn jsonc_parser(bencher: Bencher<'_, '_>) {
    let (pipes, collect, strict) = (pipes(), jsonc_parser::CollectOptions::default(), strict());
    bencher.counter(bytes(&pipes)).bench(|| {
        for pipe in &pipes {
            let text = String::from_utf8(black_box(pipe).as_bytes().to_vec()).expect("UTF-8");
            black_box(jsonc_parser::parse_to_ast(&text, &collect, &strict).expect("JSON"));
        }
    });
}

/// As `jsonc_parser`, and turned into a tree that owns its texts, as one that outlives the reading of its file must.
#[divan::bench]
fn jsonc_parser_owned(bencher: Bencher<'_, '_>) {
    let (pipes, collect, strict) = (pipes(), jsonc_parser::CollectOptions::default(), strict());
    bencher.counter(bytes(&pipes)).bench(|| {
        for pipe in &pipes {
            let text = String::from_utf8(black_box(pipe).as_bytes().to_vec()).expect("UTF-8");
            let tree = jsonc_parser::parse_to_ast(&text, &collect, &strict).expect("JSON");
            black_box(Owned::of(tree.value.as_ref().expect("no empty text")));
        }
    });
}

#[expect(dead_code, reason = "built to measure the building")]
enum Owned {
    Word(Range),
    Text(Box<str>, Range),
    List(Vec<Owned>, Range),
    Object(Vec<(Box<str>, Range, Owned)>, Range),
}

impl Owned {
    fn of(value: &ast::Value<'_>) -> Self {
        match value {
            ast::Value::StringLit(text) => Owned::Text((&*text.value).into(), text.range),
            ast::Value::NumberLit(number) => Owned::Text(number.value.into(), number.range),
            ast::Value::BooleanLit(word) => Owned::Word(word.range),
            ast::Value::NullKeyword(word) => Owned::Word(word.range),
            ast::Value::Array(list) => Owned::List(list.elements.iter().map(Owned::of).collect(), list.range),
            ast::Value::Object(object) => {
                let member = |member: &ast::ObjectProp<'_>| {
                    (member.name.as_str().into(), member.name.range(), Owned::of(&member.value))
                };
                Owned::Object(object.properties.iter().map(member).collect(), object.range)
            }
        }
    }
}

fn strict() -> jsonc_parser::ParseOptions {
    jsonc_parser::ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}
