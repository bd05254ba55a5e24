//! `dead retry`: sends dead letters again.

use std::{
    collections::BTreeSet,
    future::Future,
    pin::{Pin, pin},
};

use amqp_rpc_transport::Delivered;
use clap::Args;
use serde_json::{Value, json};

use super::{
    Queues, ServiceArgs,
    again::{Again, again},
    letter::Letter,
    letters::Letters,
    publish::{NotSent, Publish},
    select::Select,
};
use crate::{exit::Exit, failure::Failure, interrupt, session::Session};

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

/// What has become of the letters so far.
#[derive(Debug, Default)]
struct Sent {
    found: BTreeSet<String>,
    sent: u64,
    not_sent: Vec<Value>,
    last: Option<NotSent>,
    is_interrupted: bool,
}

/// Ends with Ctrl-C as well: what was sent until then is taken out and reported, and the rest stays.
pub(super) async fn run(args: RetryArgs, session: &Session) -> Result<(), Failure> {
    // One for all steps: it is not missed in between.
    let mut stop = pin!(interrupt::pressed());
    let open = async {
        let queues = args.service.queues(session).await?;
        let letters = Letters::open(&queues.dead, session).await?;
        let publisher = letters.publisher(session.timeout()).await?;
        Ok((queues, letters, publisher))
    };
    let (queues, mut letters, publisher) = tokio::select! {
        () = &mut stop => return Err(Failure::interrupted()),
        opened = open => opened?,
    };
    let mut sent = Sent::default();
    let ran = sent.send(&args, &queues, &mut letters, &publisher, stop, session).await;
    // Also where the connection was lost: what was sent is told.
    let ended = ran.and(letters.close().await);
    let Sent { found, sent, not_sent, last, is_interrupted } = sent;
    session.output.value(&json!({ "queue": queues.dead, "sent": sent, "not_sent": not_sent }))?;
    ended?;
    match last {
        _ if is_interrupted => Err(Failure::interrupted()),
        Some(why) => Err(failure(not_sent.len(), &why, &queues.requests)),
        None => args.select.check_found(&found, &queues.dead),
    }
}

impl Sent {
    /// A letter is taken only when its message is confirmed: what goes wrong in between leaves both, and loses none.
    async fn send(
        &mut self,
        args: &RetryArgs,
        queues: &Queues,
        letters: &mut Letters,
        publisher: &Publish,
        mut stop: Pin<&mut impl Future<Output = ()>>,
        session: &Session,
    ) -> Result<(), Failure> {
        loop {
            let next = tokio::select! {
                () = &mut stop => {
                    self.is_interrupted = true;
                    return Ok(());
                }
                next = letters.next() => next?,
            };
            let Some(delivered) = next else { return Ok(()) };
            let letter = Letter(&delivered);
            if !args.select.has(letter) {
                letters.keep(delivered).await?;
                continue;
            }
            let id = letter.id();
            self.found.insert(id.clone());
            let outcome = tokio::select! {
                () = &mut stop => {
                    self.is_interrupted = true;
                    Err(NotSent::Unknown("it was interrupted".to_owned()))
                }
                outcome = send(&delivered, queues, args.keep_reply_to, publisher, session) => outcome,
            };
            let Err(why) = outcome else {
                letters.take(&delivered)?;
                self.sent += 1;
                continue;
            };
            self.not_sent.push(json!({ "id": id, "why": why.to_string() }));
            let goes_on = why.is_of_message();
            self.last = Some(why);
            letters.keep(delivered).await?;
            if !goes_on {
                return Ok(());
            }
        }
    }
}

async fn send(
    delivered: &Delivered,
    queues: &Queues,
    keeps_reply_to: bool,
    publisher: &Publish,
    session: &Session,
) -> Result<(), NotSent> {
    if let Some(refusal) = &delivered.refusal {
        return Err(NotSent::Invalid(refusal.to_string()));
    }
    let Again { queue, properties, body } = again(delivered, &queues.requests, keeps_reply_to);
    let id = Letter(delivered).id();
    session.note(format_args!("{id}: sending to {queue}"));
    publisher.publish(&queue, &properties, &body).await?;
    session.note(format_args!("{id}: sent"));
    Ok(())
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
