//! Formats what was received: one line for a method or a whole message.

use amq_protocol::{
    protocol::{
        AMQPClass, AMQPClass as C, BasicProperties, basic, channel, confirm, connection, exchange, queue, tx,
    },
    types::{AMQPValue, ShortString},
};

use super::arguments::{quoted, show_bytes, show_table};

/// Formats a method: its name, as in scripts, and its fields.
pub(crate) fn describe(method: &AMQPClass) -> (&'static str, String) {
    match method {
        C::Connection(method) => connection_method(method),
        C::Channel(method) => channel_method(method),
        C::Exchange(method) => match method {
            exchange::AMQPMethod::DeclareOk(_) => ("exchange.declare-ok", String::new()),
            exchange::AMQPMethod::DeleteOk(_) => ("exchange.delete-ok", String::new()),
            exchange::AMQPMethod::BindOk(_) => ("exchange.bind-ok", String::new()),
            exchange::AMQPMethod::UnbindOk(_) => ("exchange.unbind-ok", String::new()),
            other => ("unexpected", format!("{other:?}")),
        },
        C::Queue(method) => queue_method(method),
        C::Basic(method) => basic_method(method),
        C::Confirm(confirm::AMQPMethod::SelectOk(_)) => ("confirm.select-ok", String::new()),
        C::Tx(tx::AMQPMethod::SelectOk(_)) => ("tx.select-ok", String::new()),
        C::Tx(tx::AMQPMethod::CommitOk(_)) => ("tx.commit-ok", String::new()),
        C::Tx(tx::AMQPMethod::RollbackOk(_)) => ("tx.rollback-ok", String::new()),
        other => ("unexpected", format!("{other:?}")),
    }
}

fn connection_method(method: &connection::AMQPMethod) -> (&'static str, String) {
    use connection::AMQPMethod as M;
    match method {
        M::Start(start) => ("connection.start", self::start(start)),
        M::Secure(secure) => ("connection.secure", show_bytes(secure.challenge.as_bytes())),
        M::Tune(tune) => (
            "connection.tune",
            format!(
                "channel-max={} frame-max={} heartbeat={}",
                tune.channel_max, tune.frame_max, tune.heartbeat
            ),
        ),
        M::OpenOk(_) => ("connection.open-ok", String::new()),
        M::Close(close) => (
            "connection.close",
            closing(close.reply_code, &close.reply_text, close.class_id, close.method_id),
        ),
        M::CloseOk(_) => ("connection.close-ok", String::new()),
        M::Blocked(blocked) => ("connection.blocked", quoted(blocked.reason.as_str())),
        M::Unblocked(_) => ("connection.unblocked", String::new()),
        M::UpdateSecretOk(_) => ("connection.update-secret-ok", String::new()),
        other => ("unexpected", format!("{other:?}")),
    }
}

/// Formats `connection.start` without product, version and cluster name, which differ between brokers.
fn start(start: &connection::Start) -> String {
    let mechanisms = String::from_utf8_lossy(start.mechanisms.as_bytes()).into_owned();
    let mut mechanisms: Vec<_> = mechanisms.split(' ').collect();
    mechanisms.sort_unstable();
    let capabilities = match start.server_properties.inner().get("capabilities") {
        Some(AMQPValue::FieldTable(table)) => show_table(table),
        _ => "none".to_owned(),
    };
    format!(
        "{}-{} mechanisms={} locales={} capabilities={capabilities}",
        start.version_major,
        start.version_minor,
        mechanisms.join("+"),
        String::from_utf8_lossy(start.locales.as_bytes()),
    )
}

fn closing(code: u16, text: &ShortString, class: u16, method: u16) -> String {
    format!("{code} {} class={class} method={method}", quoted(text.as_str()))
}

fn channel_method(method: &channel::AMQPMethod) -> (&'static str, String) {
    use channel::AMQPMethod as M;
    match method {
        M::OpenOk(_) => ("channel.open-ok", String::new()),
        M::FlowOk(flow) => ("channel.flow-ok", flow.active.to_string()),
        M::Flow(flow) => ("channel.flow", flow.active.to_string()),
        M::Close(close) => {
            ("channel.close", closing(close.reply_code, &close.reply_text, close.class_id, close.method_id))
        }
        M::CloseOk(_) => ("channel.close-ok", String::new()),
        other => ("unexpected", format!("{other:?}")),
    }
}

fn queue_method(method: &queue::AMQPMethod) -> (&'static str, String) {
    use queue::AMQPMethod as M;
    match method {
        M::DeclareOk(ok) => (
            "queue.declare-ok",
            format!("{} messages={} consumers={}", ok.queue, ok.message_count, ok.consumer_count),
        ),
        M::BindOk(_) => ("queue.bind-ok", String::new()),
        M::UnbindOk(_) => ("queue.unbind-ok", String::new()),
        M::PurgeOk(ok) => ("queue.purge-ok", format!("messages={}", ok.message_count)),
        M::DeleteOk(ok) => ("queue.delete-ok", format!("messages={}", ok.message_count)),
        other => ("unexpected", format!("{other:?}")),
    }
}

fn basic_method(method: &basic::AMQPMethod) -> (&'static str, String) {
    use basic::AMQPMethod as M;
    let plural = |multiple: bool| if multiple { " multiple" } else { "" };
    let again = |redelivered: bool| if redelivered { " redelivered" } else { "" };
    match method {
        M::QosOk(_) => ("basic.qos-ok", String::new()),
        M::ConsumeOk(ok) => ("basic.consume-ok", ok.consumer_tag.to_string()),
        M::Cancel(cancel) => {
            ("basic.cancel", format!("{}{}", cancel.consumer_tag, if cancel.nowait { " nowait" } else { "" }))
        }
        M::CancelOk(ok) => ("basic.cancel-ok", ok.consumer_tag.to_string()),
        M::Return(returned) => (
            "basic.return",
            format!(
                "{} {} {}",
                returned.reply_code,
                returned.reply_text,
                route(&returned.exchange, &returned.routing_key)
            ),
        ),
        M::Deliver(deliver) => (
            "basic.deliver",
            format!(
                "{} #{}{} {}",
                deliver.consumer_tag,
                deliver.delivery_tag,
                again(deliver.redelivered),
                route(&deliver.exchange, &deliver.routing_key)
            ),
        ),
        M::GetOk(ok) => (
            "basic.get-ok",
            format!(
                "#{}{} {} messages={}",
                ok.delivery_tag,
                again(ok.redelivered),
                route(&ok.exchange, &ok.routing_key),
                ok.message_count
            ),
        ),
        M::GetEmpty(_) => ("basic.get-empty", String::new()),
        M::Ack(ack) => ("basic.ack", format!("{}{}", ack.delivery_tag, plural(ack.multiple))),
        M::Nack(nack) => ("basic.nack", format!("{}{}", nack.delivery_tag, plural(nack.multiple))),
        M::RecoverOk(_) => ("basic.recover-ok", String::new()),
        other => ("unexpected", format!("{other:?}")),
    }
}

fn route(exchange: &ShortString, key: &ShortString) -> String {
    format!("{}/{}", quoted(exchange.as_str()), quoted(key.as_str()))
}

/// Formats the body and the properties of a message, and the number of body frames above one.
pub(crate) fn describe_content(properties: &str, body: &[u8], frames: usize) -> String {
    let frames = if frames > 1 { format!(" in {frames} frames") } else { String::new() };
    format!(" {}{frames}{properties}", show_bytes(body))
}

pub(crate) fn describe_properties(properties: &BasicProperties) -> String {
    let mut shown = String::new();
    let texts = [
        ("content-type", properties.content_type()),
        ("content-encoding", properties.content_encoding()),
        ("correlation-id", properties.correlation_id()),
        ("reply-to", properties.reply_to()),
        ("expiration", properties.expiration()),
        ("message-id", properties.message_id()),
        ("type", properties.kind()),
        ("user-id", properties.user_id()),
        ("app-id", properties.app_id()),
        ("cluster-id", properties.cluster_id()),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            shown.push_str(&format!(" {name}={}", quoted(text.as_str())));
        }
    }
    let numbers = [
        ("delivery-mode", properties.delivery_mode().map(u64::from)),
        ("priority", properties.priority().map(u64::from)),
        ("timestamp", *properties.timestamp()),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            shown.push_str(&format!(" {name}={number}"));
        }
    }
    if let Some(headers) = properties.headers() {
        shown.push_str(&format!(" headers={}", show_table(headers)));
    }
    shown
}
