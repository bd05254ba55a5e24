//! The handshake: from the protocol header to `connection.open`.

mod authenticate;
mod error;
mod server_properties;
mod stream;
mod tune;

use std::{sync::Arc, time::Duration};

use amq_protocol::{
    protocol::connection::{self, AMQPMethod as Method},
    types::{AMQPValue, FieldTable},
};
use tokio::{io::AsyncRead, time::timeout};

pub(super) use error::HandshakeError;
pub(super) use stream::HandshakeStream;

use super::sink::Sink;
use crate::{
    interception::Peer,
    protocol::{Capabilities, reply_text},
    settings::CLOSE_TIMEOUT,
    shared::Shared,
    vhost::{Mailbox, VhostRegistry},
};
use authenticate::{authenticate, open_vhost};
use stream::unexpected_method;

const PROTOCOL_HEADER: [u8; 8] = *b"AMQP\x00\x00\x09\x01";
/// The protocol header of the specification of AMQP 0-9.
const PROTOCOL_HEADER_0_9: [u8; 8] = *b"AMQP\x01\x01\x00\x09";

/// The parameters that the handshake negotiated.
pub(super) struct Negotiated {
    pub(super) user: Arc<str>,
    pub(super) vhost: Mailbox,
    pub(super) connection_name: Arc<str>,
    pub(super) capabilities: Capabilities,
    pub(super) frame_max: u32,
    pub(super) channel_max: u16,
    pub(super) heartbeat: Option<Duration>,
}

/// Runs the handshake. An error that is reported to the client is written before this returns.
pub(super) async fn run<R: AsyncRead + Unpin, W: Sink>(
    mut stream: HandshakeStream<'_, R, W>,
    shared: &Shared,
    vhosts: &VhostRegistry,
    peer: &Peer,
) -> Result<Negotiated, HandshakeError> {
    let negotiated = negotiate(&mut stream, shared, vhosts, peer).await;
    let close = match &negotiated {
        Err(HandshakeError::Reported(error)) => error.connection_close(),
        Err(HandshakeError::ClosedByRule { code, text }) => {
            let reply_text = reply_text(text.clone());
            connection::Close { reply_code: *code, reply_text, class_id: 0, method_id: 0 }
        }
        _ => return negotiated,
    };
    stream.write(Method::Close(close)).await?;
    // Until the client has read it: closing the socket at once could reset the connection before that.
    let _ = timeout(CLOSE_TIMEOUT, until_close_ok(&mut stream)).await;
    negotiated
}

async fn negotiate<R: AsyncRead + Unpin, W: Sink>(
    stream: &mut HandshakeStream<'_, R, W>,
    shared: &Shared,
    vhosts: &VhostRegistry,
    peer: &Peer,
) -> Result<Negotiated, HandshakeError> {
    if ![PROTOCOL_HEADER, PROTOCOL_HEADER_0_9].contains(&stream.read_protocol_header().await?) {
        stream.write_protocol_header(&PROTOCOL_HEADER).await?;
        return Err(HandshakeError::UnsupportedProtocol);
    }
    stream.write(Method::Start(server_properties::start(shared.settings.like))).await?;
    let Method::StartOk(start_ok) = stream.read().await? else {
        return Err(HandshakeError::Unreported(unexpected_method("starting")));
    };
    let connection_name: Arc<str> = connection_name(&start_ok.client_properties).into();
    peer.name.get_or_init(|| Arc::clone(&connection_name));
    let capabilities = Capabilities::of(&start_ok.client_properties);
    let user = authenticate(&start_ok, capabilities, &shared.users)?;
    peer.user.get_or_init(|| Arc::clone(&user));

    stream.write(Method::Tune(tune::tune(&shared.settings))).await?;
    let Method::TuneOk(tuned) = stream.read().await? else {
        return Err(HandshakeError::Unreported(unexpected_method("tuning")));
    };
    tune::check(&tuned, &shared.settings)?;
    stream.set_frame_max(tuned.frame_max);

    // From here on RabbitMQ reports errors to the client.
    let Method::Open(open) = stream.read().await.map_err(HandshakeError::reported)? else {
        return Err(HandshakeError::Reported(unexpected_method("opening")));
    };
    let vhost = open_vhost(open.virtual_host.as_str(), &user, &shared.users, vhosts)?;
    peer.vhost.get_or_init(|| open.virtual_host.as_str().into());
    Ok(Negotiated {
        user,
        vhost,
        connection_name,
        capabilities,
        frame_max: tuned.frame_max,
        channel_max: tuned.channel_max,
        heartbeat: (tuned.heartbeat > 0).then(|| Duration::from_secs(tuned.heartbeat.into())),
    })
}

async fn until_close_ok<R: AsyncRead + Unpin, W: Sink>(stream: &mut HandshakeStream<'_, R, W>) {
    while let Ok(method) = stream.read().await {
        if matches!(method, Method::CloseOk(_)) {
            return;
        }
    }
}

fn connection_name(client_properties: &FieldTable) -> String {
    match client_properties.inner().get("connection_name") {
        Some(AMQPValue::LongString(name)) => name.to_string(),
        _ => String::new(),
    }
}
