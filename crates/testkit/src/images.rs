//! Container images, built and run without a daemon: buildah, as root, on a base of Debian's packages.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::provision;

/// What the base has beside the essential packages: what the images would fetch from a registry otherwise.
const PACKAGES: &str = "bash,git,openssh-client,ca-certificates";
/// The name of the base among the images.
const BASE: &str = "localhost/base";

/// Why images cannot be built or run.
#[derive(Debug)]
pub enum Hindrance {
    /// Something is not installed, or could not be fetched.
    Missing(String),
    /// This machine does not let this user do it.
    Forbidden(String),
}

impl From<String> for Hindrance {
    fn from(reason: String) -> Self {
        Self::Missing(reason)
    }
}

/// Images and containers in a folder of their own, removed when this is dropped.
#[derive(Debug)]
pub struct Images {
    folder: TempDir,
}

impl Images {
    /// Makes the base, once per user and suite of Debian, and sees that something runs in it.
    pub fn start() -> Result<Self, Hindrance> {
        if !rustix::process::geteuid().is_root() {
            return Err(Hindrance::Forbidden("buildah's chroot isolation needs root here".to_owned()));
        }
        buildah_run(Command::new("buildah").arg("--version"))?;
        let suite = suite()?;
        let base = provision::folder("image-base", &[suite.as_bytes(), PACKAGES.as_bytes()], |folder| {
            let mut debootstrap = Command::new("mmdebstrap");
            debootstrap.args(["--variant=minbase", "--quiet", "--include", PACKAGES]);
            for folder in ["doc", "locale", "man"] {
                debootstrap.arg(format!("--dpkgopt=path-exclude=/usr/share/{folder}/*"));
            }
            provision::run(debootstrap.arg(&suite).arg(folder.join("base.tar"))).map(drop)
        })?;
        let folder = TempDir::with_prefix("testkit-images-").map_err(|error| error.to_string())?;
        let images = Self { folder };
        let file = images.folder.path().join("Base");
        std::fs::write(&file, "FROM scratch\nADD base.tar /\n").map_err(|error| error.to_string())?;
        buildah_run(images.buildah("bud").arg("--file").arg(file).args(["--tag", BASE]).arg(base))?;
        let probe = images.container(BASE)?;
        buildah_run(images.run(&probe, &[], &[]).arg("true")).map_err(Hindrance::Forbidden)?;
        Ok(images)
    }

    /// Builds an image from a Containerfile, with the program of a folder in place of one that would be compiled.
    ///
    /// # Panics
    /// When it does not build.
    pub fn build(&self, file: &Path, context: &Path, program: &Path, tag: &str) {
        let mut command = self.buildah("bud");
        command
            .args(["--pull-never", "--build-arg", &format!("BASE={BASE}"), "--build-context"])
            .arg(format!("program={}", program.display()))
            .arg("--file")
            .arg(file)
            .args(["--tag", tag])
            .arg(context);
        buildah_run(&mut command).unwrap_or_else(|reason| panic!("{tag}: {reason}"));
    }

    /// A container from an image; its name.
    pub fn container(&self, image: &str) -> Result<String, String> {
        let name = buildah_run(self.buildah("from").args(["--pull-never", image]))?;
        Ok(name.trim().to_owned())
    }

    /// How containers of an image run: the `config` of the image specification, with `User`, `Cmd` and so on.
    ///
    /// # Panics
    /// When there is no such image.
    pub fn config(&self, image: &str) -> Value {
        let said = buildah_run(self.buildah("inspect").args(["--type", "image", image]));
        let said = said.unwrap_or_else(|reason| panic!("{image}: {reason}"));
        let about: Value = serde_json::from_str(&said).expect("buildah prints JSON");
        about["OCIv1"]["config"].clone()
    }

    /// A command in a container, as its image's user, with variables and with folders or files of this machine, `from:to`. The command
    /// itself is still to be added.
    pub fn run(&self, container: &str, variables: &[(&str, &str)], mounts: &[String]) -> Command {
        let mut command = self.buildah("run");
        command.args(["--isolation", "chroot"]);
        for (name, value) in variables {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        for mount in mounts {
            command.arg("--volume").arg(format!("{mount}:ro"));
        }
        command.args([container, "--"]);
        command
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn output(mut command: Command) -> Output {
        attempted(
            || command.output().unwrap_or_else(|error| panic!("buildah: {error}")),
            |output| String::from_utf8_lossy(&output.stderr).contains(UNSEALED),
        )
    }

    fn buildah(&self, verb: &str) -> Command {
        let mut command = Command::new("buildah");
        let below = |name: &str| self.folder.path().join(name);
        command.env("BUILDAH_ISOLATION", "chroot").args(["--storage-driver", "vfs"]);
        command.arg("--root").arg(below("root")).arg("--runroot").arg(below("run")).arg(verb);
        command
    }
}

/// What buildah says when the kernel does not let it seal the copy of itself that it is about to start, because a page of the copy is
/// in use for a moment (EBUSY, fcntl(2)). Nothing has run then.
const UNSEALED: &str = "sealing memfd copy";
/// How often a command that ends so is started.
const ATTEMPTS: usize = 10;

fn attempted<T>(mut attempt: impl FnMut() -> T, is_unsealed: impl Fn(&T) -> bool) -> T {
    let mut ended = attempt();
    for _ in 1..ATTEMPTS {
        if !is_unsealed(&ended) {
            break;
        }
        ended = attempt();
    }
    ended
}

/// Runs a command of buildah; what it printed, or why it failed.
fn buildah_run(command: &mut Command) -> Result<String, String> {
    attempted(
        || provision::run(command),
        |ended| ended.as_ref().is_err_and(|reason| reason.contains(UNSEALED)),
    )
}

/// The suite of Debian that this machine runs, so that programs built here run on the base.
fn suite() -> Result<String, String> {
    let release = provision::read(Path::new("/etc/os-release"))?;
    let release = String::from_utf8_lossy(&release).into_owned();
    let value = |key: &str| release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    match (value("ID"), value("VERSION_CODENAME")) {
        (Some("debian"), Some(suite)) => Ok(suite.trim_matches('"').to_owned()),
        _ => Err("the base of images is made on Debian".to_owned()),
    }
}
