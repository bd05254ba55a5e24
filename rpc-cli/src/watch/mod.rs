//! `watch`: the queues of services, again and again.

mod screen;
mod services;
mod snapshot;
mod table;

use std::time::Duration;

use clap::Args;
use tokio::time::{Instant, sleep_until, timeout};

use self::{screen::Screen, snapshot::Monitor};
use crate::{contract, exit::Exit, failure::Failure, global, interrupt, session::Session};

/// So many queues are looked up each time at most.
const MAX_QUEUES: usize = 256;

#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// The services. Default: those that answer, or those of --contract.
    #[arg(value_name = "SERVICE", add = contract::names::services())]
    services: Vec<String>,
    /// Watch this queue as well, by its whole name.
    #[arg(long = "queue", value_name = "NAME")]
    queues: Vec<String>,
    /// Look so often.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = global::duration)]
    interval: Duration,
    /// Look once, and end: for scripts.
    #[arg(long, conflicts_with = "count")]
    once: bool,
    /// Look so many times, and end.
    #[arg(long, value_name = "TIMES")]
    count: Option<u64>,
    /// Do not ask servers for their calls: only the queues.
    #[arg(long)]
    queues_only: bool,
}

/// Ends with Ctrl-C, as if it had been told the number of times.
pub(crate) async fn run(args: WatchArgs, session: &Session) -> Result<(), Failure> {
    if args.interval < Duration::from_millis(100) {
        return Err(Failure::usage("--interval is at least 100ms"));
    }
    let times = if args.once { Some(1) } else { args.count };
    tokio::select! {
        () = interrupt::pressed() => Ok(()),
        watched = watch(args, times, session) => watched,
    }
}

async fn watch(args: WatchArgs, times: Option<u64>, session: &Session) -> Result<(), Failure> {
    let services = services::find(&args.services, !args.queues.is_empty(), session).await?;
    let mut monitor = Monitor::new(services, args.queues, !args.queues_only);
    if monitor.len() > MAX_QUEUES {
        return Err(Failure::usage(format!("more than {MAX_QUEUES} queues cannot be watched"))
            .advice("name some of the services"));
    }
    let mut screen = Screen::new(session.output, times == Some(1));
    let mut due = Instant::now();
    let mut looked = 0;
    loop {
        // A broker that does not answer is told, and asked again.
        let snapshot = match timeout(session.timeout(), monitor.snapshot(session)).await {
            Ok(snapshot) => snapshot,
            Err(_) => Err(Failure::new(Exit::Timeout, "the broker did not answer in time")),
        };
        match snapshot {
            Ok(snapshot) => screen.show(&snapshot)?,
            Err(failure) if times == Some(1) || looked == 0 => return Err(failure),
            Err(failure) => {
                monitor.disconnect().await;
                session.warn(format_args!("{failure}; it is tried again"));
            }
        }
        looked += 1;
        if times.is_some_and(|times| looked >= times) {
            return Ok(());
        }
        // After a slow look the next one is due at once, and no two are made up for.
        due = Instant::now().max(due + args.interval);
        sleep_until(due).await;
    }
}
