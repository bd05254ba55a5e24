//! From the protocol header to open-ok: who the client is, what it can do, and what both sides agree on.

use std::{fmt, io, sync::Arc, time::Duration};

use amq_protocol::{
    protocol::{
        AMQPClass,
        connection::{self, AMQPMethod as Method},
    },
    types::{AMQPValue, FieldTable, ShortString},
};
use tokio::{
    io::{AsyncRead, AsyncWriteExt},
    time::timeout,
};

use super::Sink;
use crate::{
    auth::sasl,
    codec::{FrameReader, decode_method, kind, write_method},
    recorder::Peer,
    refusal::{Code, Refusal},
    settings::CLOSING,
    shared::Shared,
    vhost::Mailbox,
};

const PROTOCOL_HEADER: [u8; 8] = *b"AMQP\x00\x00\x09\x01";
/// The least that `frame_max` may be, and the most before it is agreed on.
pub(super) const FRAME_MIN: u32 = 4096;

/// What both sides agreed on.
pub(super) struct Agreement {
    pub(super) user: Arc<str>,
    pub(super) vhost: Mailbox,
    pub(super) connection_name: Arc<str>,
    pub(super) capabilities: Capabilities,
    pub(super) frame_max: u32,
    pub(super) channel_max: u16,
    pub(super) heartbeat: Option<Duration>,
    pub(super) peer: Arc<Peer>,
}

/// What the client says it understands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Capabilities {
    pub(crate) consumer_cancel_notify: bool,
    pub(crate) connection_blocked: bool,
    pub(crate) authentication_failure_close: bool,
}

/// Why a handshake came to nothing.
#[derive(Debug)]
pub(super) enum End {
    Io(io::Error),
    /// The client went away.
    Eof,
    /// The peer does not speak AMQP 0-9-1; it was told which version to speak.
    OtherProtocol,
    /// Not said to the client, as RabbitMQ does at this stage.
    Silent(Refusal),
    /// Said to the client.
    Refused(Refusal),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Eof => f.write_str("it closed the connection"),
            Self::OtherProtocol => f.write_str("it does not speak AMQP 0-9-1"),
            Self::Silent(refusal) | Self::Refused(refusal) => refusal.connection_close().reply_text.fmt(f),
        }
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

pub(super) async fn run<R: AsyncRead + Unpin, W: Sink>(
    frames: &mut FrameReader<R>,
    sink: &mut W,
    shared: &Shared,
    peer: Arc<Peer>,
) -> Result<Agreement, End> {
    let agreed = negotiate(frames, sink, shared, peer).await;
    if let Err(End::Refused(refusal)) = &agreed {
        say(sink, Method::Close(refusal.connection_close())).await?;
        // Until the client has read it: closing at once could reset the connection before that.
        let _ = timeout(CLOSING, until_closed(frames)).await;
    }
    agreed
}

async fn negotiate<R: AsyncRead + Unpin, W: Sink>(
    frames: &mut FrameReader<R>,
    sink: &mut W,
    shared: &Shared,
    peer: Arc<Peer>,
) -> Result<Agreement, End> {
    if read_protocol_header(frames).await? != PROTOCOL_HEADER {
        sink.write_all(&PROTOCOL_HEADER).await?;
        sink.shutdown().await?;
        return Err(End::OtherProtocol);
    }
    say(sink, Method::Start(start())).await?;
    let start_ok = match next_method(frames).await? {
        Method::StartOk(start_ok) => start_ok,
        _ => return Err(End::Silent(unexpected_method("starting"))),
    };
    let connection_name: Arc<str> =
        text(&start_ok.client_properties, "connection_name").unwrap_or_default().into();
    peer.name.get_or_init(|| Arc::clone(&connection_name));
    let capabilities = Capabilities::of(&start_ok.client_properties);
    let user = authenticate(&start_ok, capabilities, shared)?;
    peer.user.get_or_init(|| Arc::clone(&user));

    let settings = &shared.settings;
    let heartbeat = u16::try_from(settings.heartbeat.as_secs()).unwrap_or(u16::MAX);
    say(
        sink,
        Method::Tune(connection::Tune {
            channel_max: settings.channel_max,
            frame_max: settings.frame_max,
            heartbeat,
        }),
    )
    .await?;
    let tuned = match next_method(frames).await? {
        Method::TuneOk(tune_ok) => tune_ok,
        _ => return Err(End::Silent(unexpected_method("tuning"))),
    };
    check_negotiated("frame_max", FRAME_MIN, settings.frame_max, tuned.frame_max, "")?;
    check_negotiated("channel_max", 1, settings.channel_max.into(), tuned.channel_max.into(), " (no limit)")?;
    frames.set_frame_max(tuned.frame_max);

    let open = match next_method(frames).await? {
        Method::Open(open) => open,
        _ => return Err(End::Refused(unexpected_method("opening"))),
    };
    let vhost = open_vhost(open.virtual_host.as_str(), &user, shared)?;
    peer.vhost.get_or_init(|| open.virtual_host.as_str().into());
    say(sink, Method::OpenOk(connection::OpenOk {})).await?;
    Ok(Agreement {
        user,
        vhost,
        connection_name,
        peer,
        capabilities,
        frame_max: tuned.frame_max,
        channel_max: tuned.channel_max,
        heartbeat: (tuned.heartbeat > 0).then(|| Duration::from_secs(tuned.heartbeat.into())),
    })
}

fn authenticate(
    start_ok: &connection::StartOk,
    capabilities: Capabilities,
    shared: &Shared,
) -> Result<Arc<str>, End> {
    let mechanism = start_ok.mechanism.as_str();
    let response = start_ok.response.as_bytes();
    let credentials = match mechanism {
        "PLAIN" => sasl::plain(response),
        "AMQPLAIN" => sasl::amqplain(response),
        _ => {
            let text = format!("unknown authentication mechanism '{mechanism}'");
            return Err(End::Silent(Refusal::new(Code::CommandInvalid, text)));
        }
    };
    let credentials = credentials
        .map_err(|malformed| End::Silent(Refusal::new(Code::SyntaxError, malformed.to_string())))?;
    if shared.users.authenticate(&credentials.user, &credentials.password) {
        return Ok(credentials.user.as_str().into());
    }
    let text = format!(
        "Login was refused using authentication mechanism {mechanism}. For details see the broker logfile."
    );
    let refusal = Refusal::new(Code::AccessRefused, text);
    Err(if capabilities.authentication_failure_close { End::Refused(refusal) } else { End::Silent(refusal) })
}

fn open_vhost(name: &str, user: &str, shared: &Shared) -> Result<Mailbox, End> {
    let refuse = |text: String| End::Refused(Refusal::new(Code::NotAllowed, text).blaming(10, 40));
    let Some(mailbox) = shared.vhost(name) else {
        return Err(refuse(format!("vhost {name} not found")));
    };
    if shared.users.permissions(user, name).is_none() {
        return Err(refuse(format!("access to vhost '{name}' refused for user '{user}'")));
    }
    Ok(mailbox)
}

fn check_negotiated(
    field: &str,
    least: u32,
    most: u32,
    wanted: u32,
    detail_of_zero: &str,
) -> Result<(), End> {
    let detail = if wanted == 0 { detail_of_zero } else { "" };
    let refuse = |comparison: &str, limit: u32| {
        let text = format!("negotiated {field} = {wanted}{detail} is {comparison} allowed value ({limit})");
        Err(End::Refused(Refusal::new(Code::NotAllowed, text).blaming(10, 30)))
    };
    if wanted != 0 && wanted < least {
        refuse("lower than the minimum", least)
    } else if wanted == 0 || wanted > most {
        refuse("higher than the maximum", most)
    } else {
        Ok(())
    }
}

fn unexpected_method(state: &str) -> Refusal {
    Refusal::new(Code::ChannelError, format!("unexpected method in connection state {state}"))
}

async fn read_protocol_header<R: AsyncRead + Unpin>(frames: &mut FrameReader<R>) -> Result<[u8; 8], End> {
    loop {
        if let Some(header) = frames.take() {
            return Ok(header);
        }
        if frames.fill().await? == 0 {
            return Err(End::Eof);
        }
    }
}

/// The next method of the connection class; heartbeats are allowed in between.
async fn next_method<R: AsyncRead + Unpin>(frames: &mut FrameReader<R>) -> Result<Method, End> {
    loop {
        match frames.next_frame() {
            Ok(Some(frame)) if frame.kind == kind::HEARTBEAT => {}
            Ok(Some(frame)) => {
                if frame.kind != kind::METHOD || frame.channel != 0 {
                    return Err(End::Silent(Refusal::new(Code::UnexpectedFrame, "no method on channel 0")));
                }
                return match decode_method(frame.payload) {
                    Ok(AMQPClass::Connection(method)) => Ok(method),
                    Ok(_) => Err(End::Silent(unexpected_method("starting"))),
                    Err(refusal) => Err(End::Silent(refusal)),
                };
            }
            Ok(None) => {
                if frames.fill().await? == 0 {
                    return Err(End::Eof);
                }
            }
            Err(violation) => return Err(End::Silent(violation.refusal())),
        }
    }
}

async fn until_closed<R: AsyncRead + Unpin>(frames: &mut FrameReader<R>) {
    while let Ok(method) = next_method(frames).await {
        if matches!(method, Method::CloseOk(_)) {
            return;
        }
    }
}

async fn say<W: Sink>(sink: &mut W, method: Method) -> io::Result<()> {
    let mut bytes = Vec::new();
    write_method(&mut bytes, 0, &AMQPClass::Connection(method));
    sink.write_all(&bytes).await
}

fn start() -> connection::Start {
    let capabilities = [
        "authentication_failure_close",
        "basic.nack",
        "connection.blocked",
        "consumer_cancel_notify",
        "consumer_priorities",
        "direct_reply_to",
        "exchange_exchange_bindings",
        "per_consumer_qos",
        "publisher_confirms",
    ];
    let capabilities = capabilities.map(|name| (ShortString::from(name), AMQPValue::Boolean(true)));
    let text = |value: &str| AMQPValue::LongString(value.into());
    let properties = [
        (
            "capabilities",
            AMQPValue::FieldTable(
                capabilities.into_iter().collect::<std::collections::BTreeMap<_, _>>().into(),
            ),
        ),
        ("product", text("amqp-rpc-broker")),
        ("version", text(env!("CARGO_PKG_VERSION"))),
        ("platform", text("Rust")),
        ("information", text("an embedded broker for development and tests")),
    ];
    let properties = properties.into_iter().map(|(name, value)| (ShortString::from(name), value));
    connection::Start {
        version_major: 0,
        version_minor: 9,
        server_properties: properties.collect::<std::collections::BTreeMap<_, _>>().into(),
        mechanisms: "AMQPLAIN PLAIN".into(),
        locales: "en_US".into(),
    }
}

fn text(table: &FieldTable, key: &str) -> Option<String> {
    match table.inner().get(key)? {
        AMQPValue::LongString(value) => Some(value.to_string()),
        _ => None,
    }
}

impl Capabilities {
    fn of(client_properties: &FieldTable) -> Self {
        let Some(AMQPValue::FieldTable(said)) = client_properties.inner().get("capabilities") else {
            return Self::default();
        };
        let can = |name: &str| said.inner().get(name) == Some(&AMQPValue::Boolean(true));
        Self {
            consumer_cancel_notify: can("consumer_cancel_notify"),
            connection_blocked: can("connection.blocked"),
            authentication_failure_close: can("authentication_failure_close"),
        }
    }
}
