//! What a command runs with: the options of all commands, the broker, stdout.

use std::{fmt, io::Write, time::Duration};

use amqp_rpc::{Client, ConnectOptions};
use tokio::sync::OnceCell;

use crate::{
    connection::{self, BrokerUrl, Chosen},
    example::Example,
    failure::Failure,
    global::Global,
    output::Output,
};

/// What a command runs with. The broker is chosen, and connected to, when a command first asks for it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) global: Global,
    pub(crate) output: Output,
    chosen: OnceCell<Chosen>,
    client: OnceCell<Client>,
    /// The broker of `--example`. It runs until the command ends.
    example: OnceCell<Example>,
}

impl Session {
    pub(crate) fn new(global: Global) -> Self {
        let output = Output::new(global.output);
        let (chosen, client, example) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { global, output, chosen, client, example }
    }

    /// The broker, by the order of docs/cli.md.
    ///
    /// # Errors
    /// When none is named, or the one that is cannot be used.
    pub(crate) async fn broker(&self) -> Result<&Chosen, Failure> {
        self.chosen
            .get_or_try_init(|| async {
                // clap sees it only where both stand on the same side of the command.
                if self.global.example && (self.global.url.is_some() || self.global.context.is_some()) {
                    return Err(Failure::usage("--example has a broker of its own")
                        .advice("leave --url and --context out, or leave --example out"));
                }
                let chosen = if self.global.example {
                    let example = self.example.get_or_try_init(|| Example::start(0)).await?;
                    Chosen::example(&example.url())
                } else {
                    connection::choose(&self.global).await?
                };
                self.note(format_args!("broker: {}, from {}", chosen.url, chosen.source));
                Ok(chosen)
            })
            .await
    }

    /// Options for connections of the command's own. [`connection::refused`] makes a failure of their error.
    ///
    /// # Errors
    /// As [`broker`](Self::broker).
    pub(crate) async fn connect_options(&self) -> Result<ConnectOptions, Failure> {
        Ok(connection::options(&self.broker().await?.url))
    }

    /// The broker's URL for texts, without its password.
    ///
    /// # Errors
    /// As [`broker`](Self::broker).
    pub(crate) async fn place(&self) -> Result<&BrokerUrl, Failure> {
        Ok(&self.broker().await?.url)
    }

    /// The prefix of exchanges and queues: of `--namespace`, else of the context.
    ///
    /// # Errors
    /// As [`broker`](Self::broker).
    pub(crate) async fn namespace(&self) -> Result<Option<&str>, Failure> {
        match &self.global.namespace {
            Some(namespace) => Ok(Some(namespace)),
            None => Ok(self.broker().await?.namespace.as_deref()),
        }
    }

    /// A client of the broker, connected once.
    ///
    /// # Errors
    /// As [`broker`](Self::broker), and when it cannot be reached, or refuses.
    pub(crate) async fn client(&self) -> Result<Client, Failure> {
        let connect = || async {
            let (options, namespace) = (self.connect_options().await?, self.namespace().await?);
            let client = connection::client(options, namespace, self.timeout(), self.place().await?).await?;
            self.note(format_args!("connected"));
            Ok(client)
        };
        self.client.get_or_try_init(connect).await.cloned()
    }

    /// Closes the client's connection in order, so that the broker does not log a lost one.
    pub(crate) async fn close(&self) {
        if let Some(client) = self.client.get() {
            // One that does not answer is left to the end of the process.
            let _ = tokio::time::timeout(Duration::from_secs(1), client.close()).await;
        }
    }

    /// The time to wait for a reply.
    pub(crate) fn timeout(&self) -> Duration {
        self.global.timeout()
    }

    /// Says on stderr what its user should know.
    pub(crate) fn warn(&self, text: fmt::Arguments<'_>) {
        // Nothing can be done where stderr is closed.
        let _ = writeln!(std::io::stderr(), "warning: {text}");
    }

    /// Says on stderr what is done, with `-v`.
    pub(crate) fn note(&self, text: fmt::Arguments<'_>) {
        if self.global.verbose {
            eprintln!("{text}");
        }
    }
}
