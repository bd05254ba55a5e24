//! The handshake and the opening of channels, which most scripts do not list.

use super::{
    arguments::Arguments,
    client::Client,
    methods::{client_properties, method},
};
use amq_protocol::{
    frame::{AMQPFrame, ProtocolVersion},
    protocol::{AMQPClass, connection},
};

/// Performs the handshake. When the broker refuses a step, its response stays unread.
pub(crate) async fn handshake(
    client: &mut Client,
    user: &str,
    password: &str,
    vhost: &str,
    arguments: &mut Arguments,
) {
    client.queue_frame(&AMQPFrame::ProtocolHeader(ProtocolVersion::amqp_0_9_1()));
    if !answered(client, "connection.start").await {
        return;
    }
    let start_ok = connection::StartOk {
        client_properties: client_properties(arguments),
        mechanism: "PLAIN".into(),
        response: format!("\0{user}\0{password}").into_bytes().into(),
        locale: "en_US".into(),
    };
    client.queue_method(0, AMQPClass::Connection(connection::AMQPMethod::StartOk(start_ok)));
    if !answered(client, "connection.tune").await {
        return;
    }
    let tune_ok = method("connection.tune-ok", arguments);
    let open = connection::Open { virtual_host: vhost.into() };
    client.queue_method(0, tune_ok);
    client.queue_method(0, AMQPClass::Connection(connection::AMQPMethod::Open(open)));
    answered(client, "connection.open-ok").await;
}

/// Returns whether the expected response arrived, rather than a close or the end. Anything else stays unread.
async fn answered(client: &mut Client, answer: &str) -> bool {
    client.flush().await;
    client.until(answer, |client| client.received(0).next().is_some()).await;
    let is_answer = client.received(0).any(|received| received.name == answer);
    if is_answer {
        client.take(0);
    }
    is_answer
}

impl Client {
    /// Opens a channel. When that fails, the response stays unread.
    pub(crate) async fn open_channel(&mut self, channel: u16) {
        self.queue_method(channel, method("channel.open", &mut Arguments::default()));
        self.flush().await;
        self.until("channel.open-ok", |client| {
            client.is_open(channel) || client.received(0).next().is_some()
        })
        .await;
        if self.is_open(channel) {
            self.take(channel);
        }
    }
}
