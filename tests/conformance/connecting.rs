//! The parts of a conversation that most scripts do not want to spell out: the handshake and opening channels.

use super::{
    methods::{client_properties, method},
    peer::Peer,
    words::Words,
};
use amq_protocol::{
    frame::{AMQPFrame, ProtocolVersion},
    protocol::{AMQPClass, connection},
};

/// Connects as a well-behaved client and stops where the broker does not go on; then what it said is left to be heard.
pub(crate) async fn handshake(peer: &mut Peer, user: &str, password: &str, vhost: &str, words: &mut Words) {
    peer.queue_frame(&AMQPFrame::ProtocolHeader(ProtocolVersion::amqp_0_9_1()));
    if !answered(peer, "connection.start").await {
        return;
    }
    let start_ok = connection::StartOk {
        client_properties: client_properties(words),
        mechanism: "PLAIN".into(),
        response: format!("\0{user}\0{password}").into_bytes().into(),
        locale: "en_US".into(),
    };
    peer.queue_method(0, AMQPClass::Connection(connection::AMQPMethod::StartOk(start_ok)));
    if !answered(peer, "connection.tune").await {
        return;
    }
    let tune_ok = method("connection.tune-ok", words);
    let open = connection::Open { virtual_host: vhost.into() };
    peer.queue_method(0, tune_ok);
    peer.queue_method(0, AMQPClass::Connection(connection::AMQPMethod::Open(open)));
    answered(peer, "connection.open-ok").await;
}

/// Whether the answer came, rather than a close or the end. What came stays unread only when it was not the answer.
async fn answered(peer: &mut Peer, answer: &str) -> bool {
    peer.flush().await;
    peer.until(answer, |peer| peer.heard(0).next().is_some()).await;
    let is_answer = peer.heard(0).any(|heard| heard.name == answer);
    if is_answer {
        peer.take(0);
    }
    is_answer
}

impl Peer {
    /// Opens a channel; when that fails, what was said is left to be heard.
    pub(crate) async fn open_channel(&mut self, channel: u16) {
        self.queue_method(channel, method("channel.open", &mut Words::default()));
        self.flush().await;
        self.until("channel.open-ok", |peer| peer.is_open(channel) || peer.heard(0).next().is_some()).await;
        if self.is_open(channel) {
            self.take(channel);
        }
    }
}
