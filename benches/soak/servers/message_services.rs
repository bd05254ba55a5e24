//! The receivers of one-way messages: their methods record every start and every end.

use std::{sync::Arc, time::Duration};

use amqp_rpc::{Context, rpc_service};

use super::call_services::Refused;
use crate::ledgers::{message_kinds::Receiver, messages::MessageLedger};

/// On a classic queue.
#[rpc_service]
pub(crate) trait Post {
    #[rpc(notify)]
    async fn note(&self, #[rpc(context)] cx: &Context, key: u64, micros: u64);
    #[rpc(notify, idempotent)]
    async fn note_again(&self, #[rpc(context)] cx: &Context, key: u64, micros: u64);
    #[rpc(notify, at_most_once)]
    async fn note_once(&self, #[rpc(context)] cx: &Context, key: u64, micros: u64);
    #[rpc(notify)]
    async fn refuse(&self, #[rpc(context)] cx: &Context, key: u64) -> Result<(), Refused>;
}

/// On a quorum queue.
#[rpc_service]
pub(crate) trait Archive {
    #[rpc(notify)]
    async fn store(&self, #[rpc(context)] cx: &Context, key: u64, micros: u64);
}

/// Events.
#[rpc_service]
pub(crate) trait News {
    #[rpc(event)]
    async fn reported(&self, #[rpc(context)] cx: &Context, key: u64, micros: u64);
    #[rpc(event, idempotent)]
    async fn reported_again(&self, #[rpc(context)] cx: &Context, key: u64, micros: u64);
    #[rpc(event, at_most_once)]
    async fn reported_once(&self, #[rpc(context)] cx: &Context, key: u64, micros: u64);
}

/// Handles the messages of any receiver.
#[derive(Clone)]
pub(crate) struct MessageHandler {
    pub(crate) receiver: Receiver,
    pub(crate) messages: Arc<MessageLedger>,
}

impl MessageHandler {
    async fn handle(&self, cx: &Context, key: u64, micros: u64) {
        self.messages.start(self.receiver, key, cx.redelivered());
        if micros > 0 {
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
        self.messages.finish(self.receiver, key);
    }
}

impl Post for MessageHandler {
    async fn note(&self, cx: &Context, key: u64, micros: u64) {
        self.handle(cx, key, micros).await;
    }

    async fn note_again(&self, cx: &Context, key: u64, micros: u64) {
        self.handle(cx, key, micros).await;
    }

    async fn note_once(&self, cx: &Context, key: u64, micros: u64) {
        self.handle(cx, key, micros).await;
    }

    async fn refuse(&self, cx: &Context, key: u64) -> Result<(), Refused> {
        self.handle(cx, key, 0).await;
        Err(Refused { key })
    }
}

impl Archive for MessageHandler {
    async fn store(&self, cx: &Context, key: u64, micros: u64) {
        self.handle(cx, key, micros).await;
    }
}

impl News for MessageHandler {
    async fn reported(&self, cx: &Context, key: u64, micros: u64) {
        self.handle(cx, key, micros).await;
    }

    async fn reported_again(&self, cx: &Context, key: u64, micros: u64) {
        self.handle(cx, key, micros).await;
    }

    async fn reported_once(&self, cx: &Context, key: u64, micros: u64) {
        self.handle(cx, key, micros).await;
    }
}
