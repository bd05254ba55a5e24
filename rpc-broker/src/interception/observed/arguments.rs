//! The arguments of a method, for printing and matching. Passwords are left out.

use amq_protocol::protocol::{AMQPClass, access, basic, channel, connection, exchange, queue};

/// One argument of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument<'a> {
    Text(&'a str),
    Number(u64),
    Flag(bool),
}

type Arguments<'a> = Vec<(&'static str, Argument<'a>)>;

/// The arguments by name, in the order of the wire. Tables are left out.
pub(super) fn arguments(method: &AMQPClass) -> Arguments<'_> {
    match method {
        AMQPClass::Connection(method) => of_connection(method),
        AMQPClass::Channel(method) => of_channel(method),
        AMQPClass::Access(access::AMQPMethod::Request(it)) => vec![text("realm", it.realm.as_str())],
        AMQPClass::Exchange(method) => of_exchange(method),
        AMQPClass::Queue(method) => of_queue(method),
        AMQPClass::Basic(method) => of_basic(method),
        _ => Vec::new(),
    }
}

fn of_connection(method: &connection::AMQPMethod) -> Arguments<'_> {
    use connection::AMQPMethod as Method;
    match method {
        Method::StartOk(it) => vec![text("mechanism", it.mechanism.as_str())],
        Method::Tune(it) => tuning(it.channel_max, it.frame_max, it.heartbeat),
        Method::TuneOk(it) => tuning(it.channel_max, it.frame_max, it.heartbeat),
        Method::Open(it) => vec![text("virtual_host", it.virtual_host.as_str())],
        Method::Close(it) => {
            vec![number("reply_code", it.reply_code), text("reply_text", it.reply_text.as_str())]
        }
        Method::Blocked(it) => vec![text("reason", it.reason.as_str())],
        _ => Vec::new(),
    }
}

fn tuning(channel_max: u16, frame_max: u32, heartbeat: u16) -> Arguments<'static> {
    vec![number("channel_max", channel_max), number("frame_max", frame_max), number("heartbeat", heartbeat)]
}

fn of_channel(method: &channel::AMQPMethod) -> Arguments<'_> {
    use channel::AMQPMethod as Method;
    match method {
        Method::Flow(it) => vec![flag("active", it.active)],
        Method::FlowOk(it) => vec![flag("active", it.active)],
        Method::Close(it) => {
            vec![number("reply_code", it.reply_code), text("reply_text", it.reply_text.as_str())]
        }
        _ => Vec::new(),
    }
}

fn of_exchange(method: &exchange::AMQPMethod) -> Arguments<'_> {
    use exchange::AMQPMethod as Method;
    match method {
        Method::Declare(it) => vec![
            text("exchange", it.exchange.as_str()),
            text("type", it.kind.as_str()),
            flag("passive", it.passive),
            flag("durable", it.durable),
            flag("auto_delete", it.auto_delete),
            flag("internal", it.internal),
            flag("nowait", it.nowait),
        ],
        Method::Delete(it) => vec![
            text("exchange", it.exchange.as_str()),
            flag("if_unused", it.if_unused),
            flag("nowait", it.nowait),
        ],
        Method::Bind(it) => vec![
            text("destination", it.destination.as_str()),
            text("exchange", it.source.as_str()),
            text("routing_key", it.routing_key.as_str()),
            flag("nowait", it.nowait),
        ],
        Method::Unbind(it) => vec![
            text("destination", it.destination.as_str()),
            text("exchange", it.source.as_str()),
            text("routing_key", it.routing_key.as_str()),
            flag("nowait", it.nowait),
        ],
        _ => Vec::new(),
    }
}

fn of_queue(method: &queue::AMQPMethod) -> Arguments<'_> {
    use queue::AMQPMethod as Method;
    match method {
        Method::Declare(it) => vec![
            text("queue", it.queue.as_str()),
            flag("passive", it.passive),
            flag("durable", it.durable),
            flag("exclusive", it.exclusive),
            flag("auto_delete", it.auto_delete),
            flag("nowait", it.nowait),
        ],
        Method::DeclareOk(it) => vec![
            text("queue", it.queue.as_str()),
            number("message_count", it.message_count),
            number("consumer_count", it.consumer_count),
        ],
        Method::Bind(it) => vec![
            text("queue", it.queue.as_str()),
            text("exchange", it.exchange.as_str()),
            text("routing_key", it.routing_key.as_str()),
            flag("nowait", it.nowait),
        ],
        Method::Unbind(it) => vec![
            text("queue", it.queue.as_str()),
            text("exchange", it.exchange.as_str()),
            text("routing_key", it.routing_key.as_str()),
        ],
        Method::Purge(it) => vec![text("queue", it.queue.as_str()), flag("nowait", it.nowait)],
        Method::PurgeOk(it) => vec![number("message_count", it.message_count)],
        Method::Delete(it) => vec![
            text("queue", it.queue.as_str()),
            flag("if_unused", it.if_unused),
            flag("if_empty", it.if_empty),
            flag("nowait", it.nowait),
        ],
        Method::DeleteOk(it) => vec![number("message_count", it.message_count)],
        _ => Vec::new(),
    }
}

fn of_basic(method: &basic::AMQPMethod) -> Arguments<'_> {
    use basic::AMQPMethod as Method;
    match method {
        Method::Qos(it) => vec![number("prefetch_count", it.prefetch_count), flag("global", it.global)],
        Method::Consume(it) => vec![
            text("queue", it.queue.as_str()),
            text("consumer_tag", it.consumer_tag.as_str()),
            flag("no_ack", it.no_ack),
            flag("exclusive", it.exclusive),
            flag("nowait", it.nowait),
        ],
        Method::ConsumeOk(it) => vec![text("consumer_tag", it.consumer_tag.as_str())],
        Method::Cancel(it) => vec![text("consumer_tag", it.consumer_tag.as_str()), flag("nowait", it.nowait)],
        Method::CancelOk(it) => vec![text("consumer_tag", it.consumer_tag.as_str())],
        Method::Publish(it) => vec![
            text("exchange", it.exchange.as_str()),
            text("routing_key", it.routing_key.as_str()),
            flag("mandatory", it.mandatory),
            flag("immediate", it.immediate),
        ],
        Method::Return(it) => vec![
            number("reply_code", it.reply_code),
            text("reply_text", it.reply_text.as_str()),
            text("exchange", it.exchange.as_str()),
            text("routing_key", it.routing_key.as_str()),
        ],
        Method::Deliver(it) => vec![
            text("consumer_tag", it.consumer_tag.as_str()),
            number("delivery_tag", it.delivery_tag),
            flag("redelivered", it.redelivered),
            text("exchange", it.exchange.as_str()),
            text("routing_key", it.routing_key.as_str()),
        ],
        Method::Get(it) => vec![text("queue", it.queue.as_str()), flag("no_ack", it.no_ack)],
        Method::GetOk(it) => vec![
            number("delivery_tag", it.delivery_tag),
            flag("redelivered", it.redelivered),
            text("exchange", it.exchange.as_str()),
            text("routing_key", it.routing_key.as_str()),
            number("message_count", it.message_count),
        ],
        Method::Ack(it) => vec![number("delivery_tag", it.delivery_tag), flag("multiple", it.multiple)],
        Method::Nack(it) => vec![
            number("delivery_tag", it.delivery_tag),
            flag("multiple", it.multiple),
            flag("requeue", it.requeue),
        ],
        Method::Reject(it) => vec![number("delivery_tag", it.delivery_tag), flag("requeue", it.requeue)],
        Method::Recover(it) => vec![flag("requeue", it.requeue)],
        Method::RecoverAsync(it) => vec![flag("requeue", it.requeue)],
        _ => Vec::new(),
    }
}

fn text<'a>(name: &'static str, value: &'a str) -> (&'static str, Argument<'a>) {
    (name, Argument::Text(value))
}

fn number(name: &'static str, value: impl Into<u64>) -> (&'static str, Argument<'static>) {
    (name, Argument::Number(value.into()))
}

fn flag(name: &'static str, value: bool) -> (&'static str, Argument<'static>) {
    (name, Argument::Flag(value))
}
