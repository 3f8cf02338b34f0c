//! `man`

use std::path::Path;

use clap_mangen::Man;
use deployer_core::Result;

use crate::exit::Exit;
use crate::files;

/// Writes a man page for the program and one for each of its commands into a folder.
pub(crate) fn run(folder: &Path) -> Result<Exit> {
    for (name, page) in pages() {
        files::write(&folder.join(name), &page)?;
    }
    Ok(Exit::Done)
}

/// The pages by file name. They have no date, so that the same program has the same pages.
fn pages() -> Vec<(String, String)> {
    let mut command = crate::cli::command().disable_help_subcommand(true).version(crate::version::VERSION);
    command.build();
    let mut pages = Vec::new();
    add(&command, &mut pages);
    pages
}

fn add(command: &clap::Command, pages: &mut Vec<(String, String)>) {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let mut page = Vec::new();
    let man = Man::new(command.clone()).title(name.clone()).date("").manual("sesam-deployer");
    // A vector takes everything.
    let _ = man.render(&mut page);
    pages.push((format!("{name}.1"), String::from_utf8_lossy(&page).into_owned()));
    command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .for_each(|command| add(command, pages));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_options() {
        let pages = pages();
        let page = |name: &str| &pages.iter().find(|(file, _)| file == name).expect(name).1;
        assert!(
            page("sesam-deployer.1").contains("sesam\\-deployer\\-plan(1)"),
            "{}",
            page("sesam-deployer.1")
        );
        assert!(page("sesam-deployer-deploy.1").contains("\\-\\-dry\\-run"));
        assert!(page("sesam-deployer-plugins-show.1").contains("sesam\\-deployer plugins show"));
        assert!(
            pages.iter().all(|(name, _)| !name.contains("-man.")),
            "it is for those who pack the program"
        );
    }
}
