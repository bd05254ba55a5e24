//! Changes of what a method returns: its result and its error.

use amqp_rpc::{CallError, Server, rpc_service};
use serde::{Deserialize, Serialize};

use crate::{ok, serve, unreadable};

mod old {
    use super::{Deserialize, Serialize, rpc_service};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct Order {
        pub(super) number: u64,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum State {
        Open,
        Sent { day: u8 },
    }

    /// What an older contract may say of the states to come.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "state")]
    pub(super) enum KnownState {
        Open,
        #[serde(other)]
        Unknown,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
    pub(super) enum ShopError {
        #[error("no such order")]
        Missing,
    }

    #[rpc_service(name = "shop")]
    pub(super) trait Shop {
        async fn order(&self) -> Order;
        async fn state(&self, sent: bool) -> State;
        async fn known_state(&self, sent: bool) -> KnownState;
        async fn cancel(&self, closed: bool) -> Result<(), ShopError>;
    }

    pub(super) struct Counter;

    impl Shop for Counter {
        async fn order(&self) -> Order {
            Order { number: 7 }
        }

        async fn state(&self, sent: bool) -> State {
            if sent { State::Sent { day: 1 } } else { State::Open }
        }

        async fn known_state(&self, _sent: bool) -> KnownState {
            KnownState::Open
        }

        async fn cancel(&self, _closed: bool) -> Result<(), ShopError> {
            Err(ShopError::Missing)
        }
    }
}

mod new {
    use super::{Deserialize, Serialize, rpc_service};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct Order {
        pub(super) number: u64,
        #[serde(default)]
        pub(super) note: String,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum State {
        Open,
        Sent { day: u8 },
        Lost,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "state")]
    pub(super) enum KnownState {
        Open,
        Sent { day: u8 },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
    pub(super) enum ShopError {
        #[error("no such order")]
        Missing,
        #[error("the shop is closed")]
        Closed,
    }

    #[rpc_service(name = "shop")]
    pub(super) trait Shop {
        async fn order(&self) -> Order;
        async fn state(&self, sent: bool) -> State;
        async fn known_state(&self, sent: bool) -> KnownState;
        async fn cancel(&self, closed: bool) -> Result<(), ShopError>;
    }

    pub(super) struct Counter;

    impl Shop for Counter {
        async fn order(&self) -> Order {
            Order { number: 7, note: "green".into() }
        }

        async fn state(&self, sent: bool) -> State {
            if sent { State::Lost } else { State::Open }
        }

        async fn known_state(&self, sent: bool) -> KnownState {
            if sent { KnownState::Sent { day: 1 } } else { KnownState::Open }
        }

        async fn cancel(&self, closed: bool) -> Result<(), ShopError> {
            Err(if closed { ShopError::Closed } else { ShopError::Missing })
        }
    }
}

#[tokio::test]
async fn a_field_with_a_default_can_be_added_to_a_result() {
    let new = serve(Server::new().service(new::ShopServer::new(new::Counter))).await;
    assert_eq!(ok(old::ShopClient::new(new.client.clone()).order()).await, old::Order { number: 7 });
    let old = serve(Server::new().service(old::ShopServer::new(old::Counter))).await;
    let order = ok(new::ShopClient::new(old.client.clone()).order()).await;
    assert_eq!(order, new::Order { number: 7, note: String::new() });
}

#[tokio::test]
async fn a_new_variant_of_a_result_cannot_be_read_by_old_clients() {
    let new = serve(Server::new().service(new::ShopServer::new(new::Counter))).await;
    let client = old::ShopClient::new(new.client.clone());
    assert_eq!(ok(client.state(false)).await, old::State::Open);
    unreadable(client.state(true)).await;
    let old = serve(Server::new().service(old::ShopServer::new(old::Counter))).await;
    assert_eq!(ok(new::ShopClient::new(old.client.clone()).state(true)).await, new::State::Sent { day: 1 });
}

#[tokio::test]
async fn an_old_client_may_have_a_variant_for_those_to_come() {
    let new = serve(Server::new().service(new::ShopServer::new(new::Counter))).await;
    let client = old::ShopClient::new(new.client.clone());
    assert_eq!(ok(client.known_state(true)).await, old::KnownState::Unknown);
}

#[tokio::test]
async fn a_new_variant_of_an_error_reaches_old_clients_as_what_was_sent() {
    let new = serve(Server::new().service(new::ShopServer::new(new::Counter))).await;
    let client = old::ShopClient::new(new.client.clone());
    let known = client.cancel(false).await;
    assert!(matches!(known, Err(CallError::Method(old::ShopError::Missing))), "{known:?}");
    let Err(CallError::Decode(undecodable)) = client.cancel(true).await else { panic!("it is unknown") };
    let remote = undecodable.remote().expect("the method failed");
    assert_eq!(remote.body()[..], *b"\"Closed\"");
    let old = serve(Server::new().service(old::ShopServer::new(old::Counter))).await;
    let known = new::ShopClient::new(old.client.clone()).cancel(true).await;
    assert!(matches!(known, Err(CallError::Method(new::ShopError::Missing))), "{known:?}");
}
