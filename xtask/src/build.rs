//! `cargo xtask build`

mod arguments;
mod bill;
mod catalog;
mod distribution;
mod foreign;
mod generated;
mod licences;
mod like;
mod linker;
mod names;
mod order;
mod profile;
mod project;
mod reader;
mod record;
mod resolved;
mod settings;

use crate::shell::{Result, Shell};
use arguments::Arguments;
pub(crate) use catalog::{Catalog, FAMILIES, Row};
pub(crate) use order::Order;
pub(crate) use project::Project;

pub(crate) const HELP: &str = "\
Usage: cargo xtask build --features A,B | --for SETTINGS | --distribution FILE | --like PROGRAM

Builds a program with some plugins, and puts it into dist/NAME/ with a record of what it is (build.json), its list of crates as a
CycloneDX bill of materials (bom.json), their licences (licences.txt) and the lock file. Same inputs, same program: no time and no path of this machine enters it.

What is in it:
  --features A,B       features (store-vault), short names (vault), families (sources, stores, targets, notifiers), or all
  --for SETTINGS       what a settings file needs, in all its environments; together with --features both
  --distribution FILE  what a distribution file says; fixtures/distributions has examples
  --like PROGRAM       what another program says that it was built with

How it is built:
  --profile small      small (the default), fast, or dev: quick to build, for trying a set out
  --static             links the C library too, for an image without any: one file that runs on its own
  --locked             fails where the lock file of a distribution with plugins of other makers is missing or not up to date; the
                       plugins of this source tree are always built from its own lock file
  --fetch-only         only downloads what the build needs, so that it can be built later without a network

Where it goes:
  --name NAME          the folder in dist/; without it the distribution's name, or tailored
  --output DIR         another folder than dist/NAME

Distribution file:
  name = \"acme\"
  features = [\"vault\", \"target-git\", \"slack\"]    # or: for = \"deployer.toml\"; without both from `settings`
  settings = \"deployer.toml\"                     # carried in the program, and used where there is no other
  settings_only = true                           # refuse any other settings file
  profile = \"small\"
  plugins = [                                    # crates of other makers, and the constants that are registered
      { path = \"../store-acme\", register = [\"ACME\"] },
      { package = \"notify-pager\", version = \"1.2\", register = [\"PAGER\"] },
      { package = \"store-far\", git = \"https://…\", rev = \"…\", register = [\"FAR\"] },
  ]
  Paths start at the folder of the file. Beside acme.toml, acme.lock pins the versions of what those plugins need: it is the
  Cargo.lock of a former build.

Examples:
  cargo xtask build --features source-folder,vault,target-node,slack
  cargo xtask build --for deploy/deployer.toml --name acme";

pub(crate) fn run(shell: &Shell, parser: lexopt::Parser) -> Result {
    let arguments = Arguments::parse(parser).map_err(|error| error.to_string())?;
    let order = Order::new(shell, arguments, &Catalog::read(shell)?)?;
    eprintln!("{}", order.summary());
    let project = Project::new(shell, &order)?;
    if order.fetch_only {
        return project.fetch(shell);
    }
    // Builds of different sets end in one place: the next waits until this one is copied.
    let turn = project.turn()?;
    let program = record::place(&order, &project.build(shell, &order)?)?;
    drop(turn);
    println!("{}", record::write(shell, &order, &project, &program)?);
    Ok(())
}
