//! Runs the scripts of `tests/interop`.

use std::{env, path::PathBuf, process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

use crate::transcript::names_in;

/// Far longer than any script takes; each of its waits ends sooner.
const TIMEOUT: Duration = Duration::from_secs(120);

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/interop"))
}

/// Runs a script with `uri` as its broker; returns what it prints. Panics with its whole output when it
/// fails.
pub(crate) async fn output_of(script: &str, uri: &str) -> String {
    let Some(python) = env::var_os("AMQP_RPC_TEST_PYTHON") else {
        panic!(
            "AMQP_RPC_TEST_PYTHON is not set: run scripts/test.sh, or set it to what scripts/interop-python.sh prints"
        );
    };
    let run = Command::new(python)
        .arg(folder().join(script).with_extension("py"))
        .env("AMQP_URL", uri)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(TIMEOUT, run)
        .await
        .unwrap_or_else(|_| panic!("{script} does not end"))
        .expect("Python starts");
    let printed = String::from_utf8(output.stdout).expect("scripts print UTF-8");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script} ended with {}:\n{printed}\n{errors}", output.status);
    printed
}

/// The names of the scripts with this prefix, sorted, without their extension.
pub(crate) fn scripts_beginning_with(prefix: &str) -> Vec<String> {
    names_in(&folder(), "py").into_iter().filter(|name| name.starts_with(prefix)).collect()
}
