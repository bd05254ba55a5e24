//! A child process: serves, or applies the loads that it reads, until its standard input ends.

use std::io::{BufRead, Write};

use tokio::sync::mpsc;

use crate::{
    Failure,
    load::{self, Caller, Load},
};

/// The line that a child writes when it is ready.
pub(crate) const READY: &str = "ready";

/// Keeps `server` alive until the standard input ends.
pub(crate) async fn serve<S>(server: S) -> Result<(), Failure> {
    write_line(READY)?;
    let mut lines = standard_input();
    while lines.recv().await.is_some() {}
    drop(server);
    Ok(())
}

/// Applies every load that it reads, and writes what it measured.
pub(crate) async fn apply_loads(caller: impl Caller) -> Result<(), Failure> {
    write_line(READY)?;
    let mut lines = standard_input();
    while let Some(line) = lines.recv().await {
        let measured = load::apply(&caller, line.parse::<Load>()?).await?;
        write_line(&measured.to_string())?;
    }
    Ok(())
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
