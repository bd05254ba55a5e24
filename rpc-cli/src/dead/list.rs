//! `dead list` and `dead show`.

use clap::Args;
use serde_json::Value;

use super::{ServiceArgs, letter::Letter, letters::Letters, time::utc};
use crate::{
    exit::Exit,
    failure::Failure,
    form::Form,
    output::{Rows, printable},
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    service: ServiceArgs,
    /// Read so many, the oldest first.
    #[arg(long, value_name = "LETTERS", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    service: ServiceArgs,
    /// Only those with this id.
    #[arg(long = "id", value_name = "ID")]
    ids: Vec<String>,
    /// Print so many, the oldest first.
    #[arg(long, value_name = "LETTERS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// Texts of errors are cut in tables: `show` has all of them.
const MAX_ERROR_CHARS: usize = 60;

pub(super) async fn list(args: ListArgs, session: &Session) -> Result<(), Failure> {
    let queues = args.service.queues(session).await?;
    let mut letters = Letters::open(&queues.dead, session).await?;
    let waiting = letters.left();
    let mut rows = Rows::new(&["id", "method", "reason", "when", "error", "bytes"]);
    let mut read = 0;
    while read < args.limit
        && let Some(delivered) = letters.next().await?
    {
        read += 1;
        let letter = Letter(&delivered);
        let error: String = letter.error().unwrap_or_default().chars().take(MAX_ERROR_CHARS).collect();
        rows.push(
            vec![
                letter.id(),
                letter.method().unwrap_or_default().to_owned(),
                letter.reason().to_owned(),
                letter.failed_at().map(utc).unwrap_or_default(),
                error,
                letter.size().to_string(),
            ],
            letter.summary(),
        );
        letters.keep(delivered).await?;
    }
    letters.close().await?;
    if read < waiting {
        session.warn(format_args!("{waiting} letters are in {}; --limit shows more", queues.dead));
    }
    session.output.rows(rows)
}

/// One line for each in JSON, so that programs read them one by one.
pub(super) async fn show(args: ShowArgs, session: &Session) -> Result<(), Failure> {
    let queues = args.service.queues(session).await?;
    let mut letters = Letters::open(&queues.dead, session).await?;
    let mut shown = 0;
    while shown < args.limit
        && let Some(delivered) = letters.next().await?
    {
        let letter = Letter(&delivered);
        if args.ids.is_empty() || args.ids.contains(&letter.id()) {
            shown += 1;
            print(&letter.whole(), session)?;
        }
        letters.keep(delivered).await?;
    }
    letters.close().await?;
    if shown == 0 && !args.ids.is_empty() {
        let ids = args.ids.join(", ");
        return Err(Failure::new(Exit::Usage, format!("{} has no letter with the id {ids}", queues.dead))
            .advice(format!("`amqp-rpc dead list {}` shows the ids that there are", args.service.service)));
    }
    Ok(())
}

fn print(letter: &Value, session: &Session) -> Result<(), Failure> {
    if session.output.form() != Form::Table {
        return session.output.value(letter);
    }
    let mut text = String::new();
    let mut line = |name: &str, value: &Value| {
        let value = value.as_str().map_or_else(|| value.to_string(), printable);
        text += &format!("{name}: {value}\n");
    };
    for name in ["id", "method", "reason", "error", "time", "server", "exchange", "routing_key", "bytes"] {
        line(name, &letter[name]);
    }
    for members in ["properties", "headers"] {
        for (name, value) in letter[members].as_object().into_iter().flatten() {
            line(&format!("{members}.{}", printable(name)), value);
        }
    }
    text += &format!("body: {:#}\n", letter["body"]);
    session.output.line(&text)
}
