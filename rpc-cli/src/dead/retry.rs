//! `dead retry`: sends dead letters again.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::json;

use super::{
    ServiceArgs,
    again::{Again, again},
    letter::Letter,
    letters::Letters,
    publish::NotSent,
    select::Select,
};
use crate::{exit::Exit, failure::Failure, session::Session};

#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    select: Select,
    /// Leave the address for the reply in the message, if it names a queue. Then a message that fails again does not
    /// come back to the dead letters: its failure is the reply.
    #[arg(long)]
    keep_reply_to: bool,
}

/// A letter is taken only when its message is confirmed: what goes wrong in between leaves both, and loses none.
pub(super) async fn run(args: RetryArgs, session: &Session) -> Result<(), Failure> {
    let queues = args.service.queues(session).await?;
    let mut letters = Letters::open(&queues.dead, session).await?;
    let publisher = letters.publisher(session.timeout()).await?;
    let (mut found, mut sent, mut not_sent) = (BTreeSet::new(), 0, Vec::new());
    let mut last = None;
    while let Some(delivered) = letters.next().await? {
        let letter = Letter(&delivered);
        if !args.select.has(letter) {
            letters.keep(delivered);
            continue;
        }
        let id = letter.id();
        found.insert(id.clone());
        let outcome = match delivered.refusal {
            Some(refusal) => Err(NotSent::Invalid(refusal.to_string())),
            None => {
                let Again { queue, properties, body } =
                    again(&delivered, &queues.requests, args.keep_reply_to);
                let published = publisher.publish(&queue, &properties, &body).await;
                published.inspect(|()| session.note(format_args!("{id}: sent to {queue}")))
            }
        };
        match outcome {
            Ok(()) => {
                letters.take(&delivered)?;
                sent += 1;
            }
            Err(why) => {
                letters.keep(delivered);
                let goes_on = why.is_of_message();
                not_sent.push(json!({ "id": id, "why": why.to_string() }));
                last = Some(why);
                if !goes_on {
                    break;
                }
            }
        }
    }
    letters.close().await?;
    session.output.value(&json!({ "queue": queues.dead, "sent": sent, "not_sent": not_sent }))?;
    match last {
        Some(why) => Err(failure(not_sent.len(), &why, &queues.requests)),
        None => args.select.check_found(&found, &queues.dead),
    }
}

fn failure(count: usize, why: &NotSent, queue: &str) -> Failure {
    let exit = match why {
        NotSent::Returned | NotSent::Nacked => Exit::Unroutable,
        NotSent::Invalid(_) => Exit::Invalid,
        NotSent::Unknown(_) => Exit::Connect,
    };
    let failure = Failure::new(exit, format!("{count} dead letters stay where they are; the last: {why}"));
    match why {
        NotSent::Returned => failure.advice(format!("start a server, which declares {queue}")),
        NotSent::Nacked => failure.advice("try again when its servers have worked off what waits"),
        NotSent::Invalid(_) => failure.advice("`amqp-rpc dead show` says what is left of it"),
        NotSent::Unknown(_) => failure.advice("a message may be there twice when this is repeated"),
    }
}
