//! Which broker a command connects to, and the connection.

mod broker_url;
pub(crate) mod contexts;
mod direct;
mod password;

use std::{env, fmt, path::PathBuf, time::Duration};

use amqp_rpc::{Client, ConnectOptions, error::ConnectError};

use self::contexts::Contexts;
pub(crate) use self::{
    broker_url::BrokerUrl,
    direct::{broken, direct},
};
pub(crate) use crate::failure::chain;
use crate::{exit::Exit, failure::Failure, global::Global};

/// The broker, and who named it.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) url: BrokerUrl,
    pub(crate) source: Source,
    pub(crate) namespace: Option<String>,
    pub(crate) contract: Option<PathBuf>,
}

/// Who named the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Flag,
    Context(String),
    Environment,
    Example,
}

impl Chosen {
    fn plain(url: BrokerUrl, source: Source) -> Self {
        Self { url, source, namespace: None, contract: None }
    }

    /// The broker of `--example`.
    pub(crate) fn example(url: &str) -> Self {
        Self::plain(BrokerUrl::new(url), Source::Example)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => formatter.write_str("--url"),
            Self::Context(name) => write!(formatter, "the context `{name}`"),
            Self::Environment => formatter.write_str("AMQP_URL"),
            Self::Example => formatter.write_str("--example"),
        }
    }
}

/// The broker by the order of docs/cli.md: `--url`, `--context`, the context in use, `AMQP_URL`.
///
/// # Errors
/// When none is named, a context does not exist, or its password cannot be had.
pub(crate) async fn choose(global: &Global) -> Result<Chosen, Failure> {
    if let Some(url) = &global.url {
        return Ok(Chosen::plain(BrokerUrl::new(url), Source::Flag));
    }
    let contexts = Contexts::load()?;
    if let Some(name) = global.context.as_ref().or(contexts.selected()) {
        let context = contexts.get(name)?;
        let url = match password::of(name, context).await? {
            Some(password) => BrokerUrl::new(&context.url).with_password(&password),
            None => BrokerUrl::new(&context.url),
        };
        return Ok(Chosen {
            url,
            source: Source::Context(name.clone()),
            namespace: context.namespace.clone(),
            contract: context.contract.clone(),
        });
    }
    match env::var("AMQP_URL") {
        Ok(url) if !url.is_empty() => Ok(Chosen::plain(BrokerUrl::new(&url), Source::Environment)),
        _ => Err(Failure::usage("no broker is named")
            .advice("give --url amqp://user:password@host:5672/vhost, or set AMQP_URL")
            .advice("name one for later: amqp-rpc context add NAME --url amqp://user@host --use")
            .advice("to look around without a broker: amqp-rpc --example list")),
    }
}

/// Connects a client. `timeout`: of its calls.
///
/// # Errors
/// When the broker cannot be reached, or refuses.
pub(crate) async fn client(
    options: ConnectOptions,
    namespace: Option<&str>,
    timeout: Duration,
    place: &BrokerUrl,
) -> Result<Client, Failure> {
    let mut builder = Client::builder().timeout(timeout).max_request_bytes(16 * 1024 * 1024);
    if let Some(namespace) = namespace {
        builder = builder.namespace(namespace);
    }
    builder.connect(options).await.map_err(|error| refused(&error, place))
}

/// The failure of connecting. `place`: the broker, without its password.
pub(crate) fn refused(error: &ConnectError, place: &BrokerUrl) -> Failure {
    let failure = Failure::new(Exit::Connect, format!("{place}: {}", chain(error)));
    match error {
        ConnectError::InvalidUri(_) | ConnectError::InvalidOption(_) => failure,
        _ => failure.advice("check the address with --url, and which one is used with -v"),
    }
}

/// The name of our connections in the broker's lists.
pub(crate) fn options(url: &BrokerUrl) -> ConnectOptions {
    ConnectOptions::new(url.secret_text()).name(format!("amqp-rpc (pid {})", std::process::id()))
}
