//! The settings that a row of amqp-rpc may have. To add one: a name in [`Settings::read`], what it does in
//! [`Settings::add_to_client`], and a row in `compare/rows.py`.

use amqp_rpc::{client::ClientBuilder, codec::MessagePack, server::QueueType};
use amqp_rpc_bench_harness::Failure;

/// How bodies are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Codec {
    Json,
    MessagePack,
    /// Bytes as they are; a number is eight of them.
    Raw,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    names: Vec<String>,
    pub(crate) codec: Codec,
    pub(crate) queue_type: QueueType,
    /// Calls share messages.
    coalesces: bool,
}

impl Settings {
    /// # Errors
    /// A setting that is not known.
    pub(crate) fn read(names: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut settings = Self {
            names: names.collect(),
            codec: Codec::Json,
            queue_type: QueueType::Classic,
            coalesces: false,
        };
        for name in &settings.names {
            match name.as_str() {
                "json" => settings.codec = Codec::Json,
                "msgpack" => settings.codec = Codec::MessagePack,
                "raw" => settings.codec = Codec::Raw,
                "classic" => settings.queue_type = QueueType::Classic,
                "coalesced" => settings.coalesces = true,
                "quorum" => settings.queue_type = QueueType::Quorum,
                unknown => return Err(format!("unknown setting {unknown:?}").into()),
            }
        }
        Ok(settings)
    }

    /// Each row has its own queues.
    pub(crate) fn namespace(&self) -> String {
        ["peers"].into_iter().chain(self.names.iter().map(String::as_str)).collect::<Vec<_>>().join(".")
    }

    pub(crate) fn add_to_client(&self, client: ClientBuilder) -> ClientBuilder {
        let client = if self.coalesces { client.coalesce(64) } else { client };
        match self.codec {
            Codec::MessagePack => client.codec(MessagePack),
            // What is raw has no codec.
            Codec::Json | Codec::Raw => client,
        }
    }
}
