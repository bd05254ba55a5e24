//! A child process: serves, or applies the loads that it reads, until its standard input ends.

use std::{
    io::{BufRead, Write},
    time::{Duration, Instant},
};

use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use crate::{Caller, Failure, Load, Measured, apply};

/// The line that a child writes when it is ready.
pub const READY: &str = "ready";

/// How long a server may take until it answers.
const LONGEST_START: Duration = Duration::from_secs(30);
/// A request that was dropped for want of a queue has no answer; then the next one is made.
const FIRST_CALL: Duration = Duration::from_millis(300);
const BETWEEN_CALLS: Duration = Duration::from_millis(20);

/// Keeps `server` alive until the standard input ends.
///
/// # Errors
/// When the standard output is closed.
pub async fn serve<S>(server: S) -> Result<(), Failure> {
    say_ready()?;
    let mut lines = standard_input();
    while lines.recv().await.is_some() {}
    drop(server);
    Ok(())
}

/// Applies every load that it reads, and writes what it measured.
///
/// # Errors
/// The first load that is none, or that fails.
pub async fn apply_loads(caller: impl Caller) -> Result<(), Failure> {
    await_server(&caller).await?;
    apply_loads_with(async |load| apply(&caller, load).await).await
}

/// The same for a client that applies loads in a way of its own.
///
/// # Errors
/// The first load that is none, or that fails.
pub async fn apply_loads_with<F>(mut apply: F) -> Result<(), Failure>
where
    F: AsyncFnMut(Load) -> Result<Measured, Failure>,
{
    say_ready()?;
    let mut lines = standard_input();
    while let Some(line) = lines.recv().await {
        let measured = apply(line.parse::<Load>()?).await?;
        write_line(&measured.to_string())?;
    }
    Ok(())
}

/// For servers that do not end with their standard input.
///
/// # Errors
/// When the standard output is closed.
pub fn say_ready() -> std::io::Result<()> {
    write_line(READY)
}

/// Calls until an answer comes: not every server can say when it is ready.
async fn await_server(caller: &impl Caller) -> Result<(), Failure> {
    let begin = Instant::now();
    loop {
        let failure = match timeout(FIRST_CALL, caller.echo(0)).await {
            Ok(Ok(0)) => return Ok(()),
            Ok(Ok(other)) => return Err(format!("the echo of 0 was {other}").into()),
            Ok(Err(failure)) => failure,
            Err(_) => "no answer".into(),
        };
        if begin.elapsed() > LONGEST_START {
            return Err(format!("no server after {LONGEST_START:?}: {failure}").into());
        }
        sleep(BETWEEN_CALLS).await;
    }
}

fn write_line(line: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

fn standard_input() -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    // It ends with the process: nothing can interrupt a thread that reads.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
