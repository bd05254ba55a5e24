//! `call`: one call, or one for each line.

use amqp_rpc::{
    client::{UntypedBody, UntypedCall},
    description::{MethodKind, Repetition},
};
use clap::{Args, ValueHint};

use super::stream;
use crate::{
    body::{Body, RequestArgs},
    caller::Caller,
    contract,
    failure::Failure,
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    /// The method, such as `shop.price`.
    #[arg(value_name = "SERVICE.METHOD", add = contract::names::methods())]
    method: String,
    /// The body: JSON, @FILE, or - for stdin. Default: {}.
    #[arg(conflicts_with = "stream")]
    body: Option<String>,
    /// Call once for each line of this file of JSON, or of stdin with -. Prints a line of JSON for each, in order.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "raw")]
    stream: Option<String>,
    /// How many calls of --stream run at the same time.
    #[arg(long, value_name = "CALLS", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    concurrency: u16,
    /// Fail at once if no server consumes the queue.
    #[arg(long)]
    fail_fast: bool,
    /// The key by which a repetition is recognised, for deduplicated methods.
    #[arg(long, value_name = "KEY", conflicts_with = "stream")]
    idempotency_key: Option<String>,
    #[command(flatten)]
    request: RequestArgs,
}

pub(crate) async fn run(args: CallArgs, session: &Session) -> Result<(), Failure> {
    if let Some(source) = &args.stream {
        let caller = Caller::find(args.method, MethodKind::Call, args.request, session).await?;
        return stream::run(source, args.concurrency.into(), &caller, session).await;
    }
    let body = Body::read(args.body.as_deref(), args.request.raw)?;
    let caller = Caller::find(args.method, MethodKind::Call, args.request, session).await?;
    let is_deduplicated =
        caller.contract.as_ref().is_some_and(|found| found.method.repetition == Repetition::Deduplicated);
    if is_deduplicated && args.idempotency_key.is_none() {
        let text = format!("{} is deduplicated, and needs an idempotency key", caller.name);
        return Err(Failure::usage(text).advice("give --idempotency-key KEY; the same key is answered once"));
    }
    let options = |key| Options { fails_fast: args.fail_fast, key };
    match body {
        Body::Raw(body) => {
            let call = options(args.idempotency_key).of(caller.raw_call(body));
            let reply = call.await.map_err(|error| caller.raw_failure(error))?;
            session.output.bytes(&reply)
        }
        Body::Json(body) => {
            caller.check(&body)?;
            let call = options(args.idempotency_key).of(caller.call(body));
            let result = call.await.map_err(|error| caller.failure(error))?;
            session.output.value(&result)
        }
    }
}

/// What only a single call has.
struct Options {
    fails_fast: bool,
    key: Option<String>,
}

impl Options {
    fn of<B: UntypedBody>(self, call: UntypedCall<B>) -> UntypedCall<B> {
        let call = if self.fails_fast { call.fail_fast() } else { call };
        match self.key {
            Some(key) => call.idempotency_key(key),
            None => call,
        }
    }
}
