//! A child process: serves, or calls when it is told to, until its standard input ends.

use std::io::{BufRead, Write};

use tokio::sync::mpsc;

use crate::{
    Failure,
    load::{self, Load},
    options::Part,
    variant::{self, Caller},
};

/// What a child says when its consumer is live.
pub(crate) const READY: &str = "ready";

pub(crate) fn play(part: &Part) -> Result<(), Failure> {
    crate::runtime()?.block_on(variant::play(part))
}

/// Keeps `server` alive.
pub(crate) async fn serve_until_told<S>(server: S) -> Result<(), Failure> {
    say(READY)?;
    let mut lines = standard_input();
    while lines.recv().await.is_some() {}
    drop(server);
    Ok(())
}

/// Applies every load it is told, and says what it measured.
pub(crate) async fn answer_commands(caller: impl Caller) -> Result<(), Failure> {
    say(READY)?;
    let mut lines = standard_input();
    while let Some(line) = lines.recv().await {
        let measured = load::apply(&caller, line.parse::<Load>()?).await?;
        say(&measured.to_string())?;
    }
    Ok(())
}

fn say(line: &str) -> std::io::Result<()> {
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
