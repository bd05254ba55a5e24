//! `notify` and `publish`: messages without a reply, sent when the broker has confirmed them.

use amqp_rpc::description::MethodKind;
use clap::Args;

use crate::{
    body::{Body, RequestArgs},
    call_error::failure_of,
    caller::Caller,
    contract,
    failure::Failure,
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct NotifyArgs {
    /// The notification, such as `shop.restock`.
    #[arg(value_name = "SERVICE.METHOD", add = contract::names::methods())]
    method: String,
    /// The body: JSON, @FILE, or - for stdin. Default: {}.
    body: Option<String>,
    #[command(flatten)]
    request: RequestArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// The event, such as `shop.price_changed`.
    #[arg(value_name = "SERVICE.EVENT", add = contract::names::methods())]
    event: String,
    /// The body: JSON, @FILE, or - for stdin. Default: {}.
    body: Option<String>,
    /// What the event is about, such as `eu.de`: subscribers choose by it.
    #[arg(long, value_name = "TOPIC", default_value = "")]
    topic: String,
    #[command(flatten)]
    request: RequestArgs,
}

pub(crate) async fn notify(args: NotifyArgs, session: &Session) -> Result<(), Failure> {
    let body = Body::read(args.body.as_deref(), args.request.raw)?;
    let caller = Caller::find(args.method, MethodKind::Notify, args.request, session).await?;
    send(&caller, body, None, session).await
}

pub(crate) async fn publish(args: PublishArgs, session: &Session) -> Result<(), Failure> {
    let body = Body::read(args.body.as_deref(), args.request.raw)?;
    let caller = Caller::find(args.event, MethodKind::Event, args.request, session).await?;
    send(&caller, body, Some(&args.topic), session).await
}

/// Sends it, and waits for the publisher confirm. Nothing is printed, as nothing comes back.
async fn send(caller: &Caller, body: Body, topic: Option<&str>, session: &Session) -> Result<(), Failure> {
    let sent = match body {
        Body::Raw(body) => caller.raw_message(body, topic).await,
        Body::Json(body) => {
            caller.check(&body)?;
            caller.message(body, topic).await
        }
    };
    sent.map_err(|error| failure_of(&error, &caller.name))?;
    session.note(format_args!("{}: confirmed by the broker", caller.name));
    Ok(())
}
