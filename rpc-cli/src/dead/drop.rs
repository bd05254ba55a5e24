//! `dead drop`: takes dead letters out for good.

use std::{
    collections::BTreeSet,
    io::{self, BufRead, IsTerminal, Write},
};

use clap::Args;
use serde_json::json;

use super::{ServiceArgs, letter::Letter, letters::Letters, select::Select};
use crate::{failure::Failure, session::Session};

#[derive(Debug, Args)]
pub(crate) struct DropArgs {
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    select: Select,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(args: DropArgs, session: &Session) -> Result<(), Failure> {
    let queues = args.service.queues(session).await?;
    let mut letters = Letters::open(&queues.dead, session).await?;
    if !args.yes {
        confirm(format!("Drop {} of {}? [y/N] ", args.select.text(letters.left()), queues.requests)).await?;
    }
    let mut found = BTreeSet::new();
    let mut dropped = 0;
    while let Some(delivered) = letters.next().await? {
        let letter = Letter(&delivered);
        if !args.select.has(letter) {
            letters.keep(delivered).await?;
            continue;
        }
        found.insert(letter.id());
        letters.take(&delivered)?;
        dropped += 1;
    }
    letters.close().await?;
    session.output.value(&json!({ "queue": queues.dead, "dropped": dropped }))?;
    args.select.check_found(&found, &queues.dead)
}

/// Asks on a terminal. Elsewhere nothing is dropped that was not said to be.
async fn confirm(question: String) -> Result<(), Failure> {
    let unanswered = || Failure::usage("nothing was dropped").advice("say --yes to drop without being asked");
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(unanswered());
    }
    let answer = tokio::task::spawn_blocking(move || {
        let mut answer = String::new();
        io::stderr().write_all(question.as_bytes())?;
        io::stdin().lock().read_line(&mut answer).map(|_| answer)
    });
    let answer = answer.await.ok().and_then(Result::ok).unwrap_or_default();
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(unanswered()),
    }
}
