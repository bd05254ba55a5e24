//! The password of a context: from a command, from the environment, or as it was stored.

use std::{env, process::Stdio, time::Duration};

use tokio::process::Command;

use super::contexts::Context;
use crate::failure::Failure;

/// Limits the time of a password's command, which may ask its user.
const LIMIT: Duration = Duration::from_secs(60);

/// The password of a context; `None` if it says nothing, and the URL has it or needs none.
///
/// # Errors
/// When its command fails, or its variable is not set.
pub(super) async fn of(name: &str, context: &Context) -> Result<Option<String>, Failure> {
    if let Some(command) = &context.password_command {
        return run(name, command).await.map(Some);
    }
    let Some(variable) = &context.password_env else { return Ok(None) };
    env::var(variable).map(Some).map_err(|_| {
        Failure::usage(format!(
            "the password of the context `{name}` is in the variable {variable}, which is not set"
        ))
        .advice(format!("set {variable}, or change the context: amqp-rpc context add {name} .."))
    })
}

/// Runs the command in a shell. Its stderr and stdin are those of this process, so that it can ask.
async fn run(name: &str, command: &str) -> Result<String, Failure> {
    let failed = |why: String| Failure::usage(format!("the password command of the context `{name}` {why}"));
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(command)
        .stdin(Stdio::inherit())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    let could_not = |error: std::io::Error| failed(format!("could not be run: {error}"));
    let child = shell.spawn().map_err(could_not)?;
    let output = tokio::time::timeout(LIMIT, child.wait_with_output())
        .await
        .map_err(|_| failed(format!("did not end within {} s", LIMIT.as_secs())))?
        .map_err(could_not)?;
    if !output.status.success() {
        return Err(failed(format!("failed: {}", output.status)));
    }
    let text = String::from_utf8(output.stdout).map_err(|_| failed("printed no text".to_owned()))?;
    let password = text.lines().next().unwrap_or_default();
    if password.is_empty() {
        return Err(failed("printed nothing".to_owned()));
    }
    Ok(password.to_owned())
}
