use amq_protocol::types::{FieldTable, ShortString};
use std::time::Duration;
#[derive(Debug, Clone, Default)]
pub(crate) enum Overflow {
    #[default]
    DropHead,
    RejectPublish,
    RejectPublishDlx,
}
#[derive(Debug)]
pub(crate) struct QueueFacts {
    pub durable: bool,
    pub exclusive: bool,
    pub auto_delete: bool,
    pub arguments: FieldTable,
}
#[derive(Debug, Default)]
pub(crate) struct QueueArguments {
    pub single_active_consumer: bool,
    pub expires: Option<Duration>,
    pub message_ttl: Option<Duration>,
    pub max_length: Option<u64>,
    pub max_length_bytes: Option<u64>,
    pub overflow: Overflow,
    pub dead_letter_exchange: Option<ShortString>,
    pub dead_letter_routing_key: Option<ShortString>,
    pub delivery_limit: Option<u32>,
}
impl QueueArguments {
    pub fn parse(_: &QueueFacts, _: &str, _: &str) -> Result<Self, String> {
        Ok(Self::default())
    }
    pub fn is_quorum(&self) -> bool {
        false
    }
}
pub(crate) fn inequivalence(_: &QueueFacts, _: &QueueFacts, _: &str, _: &str) -> Option<String> {
    None
}
