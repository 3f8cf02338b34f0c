//! Options of the linker that make a program smaller. Linkers differ by system and by what people have configured, so that each option is
//! tried on an empty program.

use std::fs;
use std::path::Path;

use crate::shell::{Result, Shell};

/// Keeps one of several functions whose machine code is equal.
const FOLD: &str = "-Wl,--icf=all";

/// Packs the list of addresses that are adjusted at the start. The C library must be able to read it: a static program contains its own, any
/// other uses that of the machine where it runs, which can be older.
const PACK: &str = "-Wl,-z,pack-relative-relocs";

/// A script that leaves out the tables for unwinding. The path starts where cargo runs the compiler, so that it is the same on every machine.
const WITHOUT_TABLES: &str = "xtask/src/build/no_tables.ld";
const WITHOUT_TABLES_TEXT: &str = include_str!("no_tables.ld");

/// Fails if it cannot run with an option. A backtrace needs the tables of the unwinder itself, which a static program contains.
const TRIAL: &str = "fn main() { std::backtrace::Backtrace::force_capture(); }\n";

const MANIFEST: &str = "[package]\nname = \"trial\"\nedition = \"2024\"\n[[bin]]\nname = \"trial\"\npath = \"trial.rs\"\n[workspace]\n";

/// The options for a program, as arguments of the compiler: those that the linker has and that a program runs with.
pub(super) fn options(
    shell: &Shell,
    target: &Path,
    flags: &str,
    is_static: bool,
    aborts: bool,
) -> Result<Vec<String>> {
    let folder = target.join("linker");
    let write = |path: &Path, text: &str| {
        fs::create_dir_all(path.parent().unwrap_or(path))
            .and_then(|()| fs::write(path, text))
            .map_err(|error| format!("{}: {error}", path.display()))
    };
    for (path, text) in [("Cargo.toml", MANIFEST), ("trial.rs", TRIAL), (WITHOUT_TABLES, WITHOUT_TABLES_TEXT)]
    {
        write(&folder.join(path), text)?;
    }
    let without_tables = format!("-Wl,-T,{WITHOUT_TABLES}");
    let wanted = [(FOLD, true), (PACK, is_static), (&without_tables, aborts)];
    let wanted = wanted.into_iter().filter(|(_, is_wanted)| *is_wanted);
    let options = wanted.map(|(option, _)| format!("-Clink-arg={option}"));
    Ok(options.filter(|option| works(shell, &folder, flags, option)).collect())
}

/// Whether an empty program can be linked with an option, and runs.
fn works(shell: &Shell, folder: &Path, flags: &str, option: &str) -> bool {
    let manifest = folder.join("Cargo.toml");
    let built = folder.join("target");
    let mut build = shell.cargo(&["rustc", "--quiet", "--offline", "--manifest-path"]).arg(&manifest);
    build = build.arg("--target-dir").arg(&built).args(["--", option]).ignore_stderr().quiet();
    if !flags.is_empty() {
        build = build.env("CARGO_ENCODED_RUSTFLAGS", flags);
    }
    let program = built.join("debug").join(format!("trial{}", std::env::consts::EXE_SUFFIX));
    build.run().is_ok() && shell.program(&program).quiet().ignore_stderr().run().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_the_linker_lacks_is_left_out() {
        let shell = Shell::new().unwrap();
        let target = crate::workspace::target_folder(&shell).unwrap().join("linker-options");
        let options = options(&shell, &target, "", false, false).unwrap();
        assert!(options.iter().all(|option| option.contains("--icf")), "{options:?}");
        let folder = target.join("linker");
        assert!(works(&shell, &folder, "", "-Clink-arg=-Wl,-O1"));
        assert!(!works(&shell, &folder, "", "-Clink-arg=-Wl,--no-such-option"));
        fs::remove_dir_all(&target).unwrap();
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn a_static_program_keeps_the_tables_of_its_unwinder() {
        let shell = Shell::new().unwrap();
        let target = crate::workspace::target_folder(&shell).unwrap().join("linker-tables");
        let has_tables = |flags: &str| {
            let options = options(&shell, &target, flags, false, true).unwrap();
            !options.iter().any(|option| option.contains("no_tables"))
        };
        assert!(!has_tables(""));
        assert!(has_tables("-Ctarget-feature=+crt-static"));
        fs::remove_dir_all(&target).unwrap();
    }
}
