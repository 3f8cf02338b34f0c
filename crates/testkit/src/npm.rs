//! Node.js packages for tests, without their install scripts.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::provision;

/// A folder with a copy of a `package.json`, whose versions must be pinned, and its `node_modules`.
///
/// A `package-lock.json` beside it is used. The folder is made once per content of both and version of Node.js,
/// in the user's cache folder. The error says why there is none.
pub fn install(package_json: &Path) -> Result<PathBuf, String> {
    let wanted = provision::read(package_json)?;
    let lock = provision::read(&package_json.with_file_name("package-lock.json")).ok();
    let node = provision::run(Command::new("node").arg("--version"))?;
    let parts: [&[u8]; 3] = [&wanted, lock.as_deref().unwrap_or_default(), node.as_bytes()];
    provision::folder("npm", &parts, |folder| {
        let write = |name: &str, content: &[u8]| {
            std::fs::write(folder.join(name), content)
                .map_err(|error| format!("{}: {error}", folder.display()))
        };
        write("package.json", &wanted)?;
        if let Some(lock) = &lock {
            write("package-lock.json", lock)?;
        }
        let verb = if lock.is_some() { "ci" } else { "install" };
        let options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        provision::run(Command::new("npm").current_dir(folder).arg(verb).args(options)).map(drop)
    })
}
