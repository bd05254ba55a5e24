//! From the protocol header to open: who the client is, what it can do, and what both sides agree on.

use std::{fmt, io, sync::Arc, time::Duration};

use amq_protocol::{
    protocol::connection::{self, AMQPMethod as Method},
    types::{AMQPValue, FieldTable, ShortString},
};
use tokio::{io::AsyncRead, time::timeout};

use super::{
    Sink,
    wire::{Wire, unexpected_method},
};
use crate::{
    auth::sasl,
    recorder::Peer,
    refusal::{Code, Refusal, reply_text},
    settings::CLOSING,
    shared::Shared,
    vhost::Mailbox,
};

const PROTOCOL_HEADER: [u8; 8] = *b"AMQP\x00\x00\x09\x01";
/// How the specification of 0-9 said it.
const PROTOCOL_HEADER_0_9: [u8; 8] = *b"AMQP\x01\x01\x00\x09";
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
    /// A rule says so; said to the client.
    Closed {
        code: u16,
        text: String,
    },
    /// A rule says so.
    Reset,
    /// A rule says so; what was said before arrives.
    Broken,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Eof => f.write_str("it closed the connection"),
            Self::OtherProtocol => f.write_str("it does not speak AMQP 0-9-1"),
            Self::Closed { text, .. } => text.fmt(f),
            Self::Reset | Self::Broken => f.write_str("a rule broke it"),
            Self::Silent(refusal) | Self::Refused(refusal) => refusal.connection_close().reply_text.fmt(f),
        }
    }
}

impl End {
    fn said(self) -> Self {
        if let Self::Silent(refusal) = self { Self::Refused(refusal) } else { self }
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

pub(super) async fn run<R: AsyncRead + Unpin, W: Sink>(
    mut wire: Wire<'_, R, W>,
    shared: &Shared,
    peer: &Peer,
) -> Result<Agreement, End> {
    let agreed = negotiate(&mut wire, shared, peer).await;
    let close = match &agreed {
        Err(End::Refused(refusal)) => refusal.connection_close(),
        Err(End::Closed { code, text }) => {
            let reply_text = reply_text(text.clone());
            connection::Close { reply_code: *code, reply_text, class_id: 0, method_id: 0 }
        }
        _ => return agreed,
    };
    wire.say(Method::Close(close)).await?;
    // Until the client has read it: closing at once could reset the connection before that.
    let _ = timeout(CLOSING, until_closed(&mut wire)).await;
    agreed
}

async fn negotiate<R: AsyncRead + Unpin, W: Sink>(
    wire: &mut Wire<'_, R, W>,
    shared: &Shared,
    peer: &Peer,
) -> Result<Agreement, End> {
    if ![PROTOCOL_HEADER, PROTOCOL_HEADER_0_9].contains(&wire.hear_protocol_header().await?) {
        wire.say_protocol_header(&PROTOCOL_HEADER).await?;
        return Err(End::OtherProtocol);
    }
    wire.say(Method::Start(start())).await?;
    let Method::StartOk(start_ok) = wire.hear().await? else {
        return Err(End::Silent(unexpected_method("starting")));
    };
    let connection_name: Arc<str> =
        text(&start_ok.client_properties, "connection_name").unwrap_or_default().into();
    peer.name.get_or_init(|| Arc::clone(&connection_name));
    let capabilities = Capabilities::of(&start_ok.client_properties);
    let user = authenticate(&start_ok, capabilities, shared)?;
    peer.user.get_or_init(|| Arc::clone(&user));

    let settings = &shared.settings;
    let heartbeat = u16::try_from(settings.heartbeat.as_secs()).unwrap_or(u16::MAX);
    let tune =
        connection::Tune { channel_max: settings.channel_max, frame_max: settings.frame_max, heartbeat };
    wire.say(Method::Tune(tune)).await?;
    let Method::TuneOk(tuned) = wire.hear().await? else {
        return Err(End::Silent(unexpected_method("tuning")));
    };
    check_negotiated("frame_max", FRAME_MIN, settings.frame_max, tuned.frame_max, "")?;
    check_negotiated("channel_max", 1, settings.channel_max.into(), tuned.channel_max.into(), " (no limit)")?;
    wire.set_frame_max(tuned.frame_max);

    // From here on RabbitMQ says what is wrong.
    let Method::Open(open) = wire.hear().await.map_err(End::said)? else {
        return Err(End::Refused(unexpected_method("opening")));
    };
    let vhost = open_vhost(open.virtual_host.as_str(), &user, shared)?;
    peer.vhost.get_or_init(|| open.virtual_host.as_str().into());
    Ok(Agreement {
        user,
        vhost,
        connection_name,
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
        // As RabbitMQ 3.10 does; the client sees its connection end.
        Err(End::Silent(Refusal::new(Code::NotAllowed, text).blaming(10, 30)))
    };
    if wanted != 0 && wanted < least {
        refuse("lower than the minimum", least)
    } else if wanted == 0 || wanted > most {
        refuse("higher than the maximum", most)
    } else {
        Ok(())
    }
}

async fn until_closed<R: AsyncRead + Unpin, W: Sink>(wire: &mut Wire<'_, R, W>) {
    while let Ok(method) = wire.hear().await {
        if matches!(method, Method::CloseOk(_)) {
            return;
        }
    }
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
