use std::os::unix::fs::PermissionsExt;

use super::*;

/// The variables of a command.
fn path() -> [(&'static str, &'static str); 1] {
    [("PATH", "/usr/local/bin:/usr/bin:/bin")]
}

/// Runs a script of the shell in a folder.
fn shell(processes: &Processes, folder: &Path, script: &str) -> Result<SecretValue> {
    processes.run(&["sh", "-c", script].map(str::to_owned), &path(), folder)
}

fn refusal(script: &str) -> Error {
    let processes = Processes::new(CancellationToken::new());
    let error = shell(&processes, Path::new("."), script).unwrap_err();
    let own = format!("the command sh -c {script} ");
    assert!(error.message().starts_with(&own), "{error:?}");
    let rest = format!("{error:?}").replace(script, "");
    assert!(error.kind() == Kind::Settings && !rest.contains("canary"), "{error:?}");
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_is_what_a_command_writes_without_the_blanks_at_its_ends() {
    let processes = Processes::new(CancellationToken::new());
    let value =
        shell(&processes, Path::new("."), "echo; echo ' two'; echo ' words '; echo canary >&2").unwrap();
    assert!(value == SecretValue::new("two\n words"));
    let nothing_to_read = shell(&processes, Path::new("."), "cat; echo end").unwrap();
    assert!(nothing_to_read == SecretValue::new("end"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_starts_at_the_folder_and_a_name_is_looked_for_on_path() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("token");
    std::fs::write(&program, "#!/bin/sh\ncat \"$1\"\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::write(folder.path().join("kept"), "from a file\n").unwrap();
    let processes = Processes::new(CancellationToken::new());
    let value = processes.run(&["./token", "kept"].map(str::to_owned), &path(), folder.path()).unwrap();
    assert!(value == SecretValue::new("from a file"));
    let error = processes.run(&["token-that-nobody-has".to_owned()], &path(), folder.path()).unwrap_err();
    assert!(error.message().contains("cannot be started") && error.hints()[0].contains("PATH"), "{error:?}");
}

#[tokio::test]
async fn a_command_runs_in_a_runtime_of_one_thread() {
    let processes = Processes::new(CancellationToken::new());
    assert!(shell(&processes, Path::new("."), "echo x").unwrap() == SecretValue::new("x"));
}

#[test]
fn a_command_runs_outside_of_a_runtime() {
    let processes = Processes::new(CancellationToken::new());
    assert!(shell(&processes, Path::new("."), "echo x").unwrap() == SecretValue::new("x"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_gives_no_credential_is_told_without_its_words() {
    let failed = refusal("echo canary; echo canary >&2; exit 7");
    assert!(failed.message().ends_with("failed: exit status: 7"), "{failed:?}");
    assert!(refusal("true").message().ends_with("wrote nothing"));
    assert!(refusal("printf 'canary\\377'").message().ends_with("is not UTF-8"));
    assert!(refusal("yes canary").message().ends_with("writes more than 65536 bytes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_does_not_end_is_ended() {
    let processes = Processes { limit: Duration::ZERO, ..Processes::new(CancellationToken::new()) };
    let error = shell(&processes, Path::new("."), "exec sleep 600").unwrap_err();
    assert!(error.message().ends_with("did not end within 0 seconds"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_ends_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let cancel = CancellationToken::new();
    let processes = Processes::new(cancel.clone());
    let started = folder.path().join("started");
    let watching = std::thread::spawn(move || {
        loop {
            match std::fs::read_to_string(&started) {
                Ok(id) if id.ends_with('\n') => {
                    cancel.cancel();
                    return id.trim().to_owned();
                }
                _ => std::thread::yield_now(),
            }
        }
    });
    let error = shell(&processes, folder.path(), "echo $$ > started; exec sleep 600").unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted);
    let process = Path::new("/proc").join(watching.join().unwrap());
    assert!(!process.exists(), "it was killed, and waited for");
}
