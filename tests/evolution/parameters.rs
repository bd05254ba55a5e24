//! Changes of a method's parameters.

use amqp_rpc::{FaultCode, Server, rpc_service};

use crate::{ok, refused, serve};

mod old {
    use super::rpc_service;

    #[rpc_service(name = "shop")]
    pub(super) trait Shop {
        /// Echoes what it understands.
        async fn order(&self, item: String, count: u32) -> String;
    }

    pub(super) struct Counter;

    impl Shop for Counter {
        async fn order(&self, item: String, count: u32) -> String {
            format!("{count} {item}")
        }
    }
}

/// Defines a later version of the contract, whose method takes these parameters.
macro_rules! version {
    ($name:ident($($parameters:tt)*), $says:expr, $($used:ident),*) => {
        mod $name {
            #[amqp_rpc::rpc_service(name = "shop")]
            pub(super) trait Shop {
                async fn order(&self, $($parameters)*) -> String;
            }

            pub(super) struct Counter;

            impl Shop for Counter {
                version!(@method $says, $($parameters)*);
            }
        }
    };
    (@method $says:expr, $($(#[$attribute:meta])* $parameter:ident: $type:ty),* $(,)?) => {
        async fn order(&self, $($parameter: $type),*) -> String {
            let says: fn($($type),*) -> String = $says;
            says($($parameter),*)
        }
    };
}

version!(
    optional(item: String, count: u32, note: Option<String>),
    |item, count, note| format!("{count} {item} {note:?}"),
);
version!(
    with_default(item: String, count: u32, #[serde(default)] gift: bool),
    |item, count, gift| format!("{count} {item} {gift}"),
);
version!(required(item: String, count: u32, gift: bool), |item, count, gift| format!("{count} {item} {gift}"),);
version!(fewer(item: String), |item| item,);
version!(
    renamed_in_rust(item: String, #[serde(rename = "count")] pieces: u32),
    |item, pieces| format!("{pieces} {item}"),
);
version!(
    renamed_with_alias(item: String, #[serde(alias = "count")] pieces: u32),
    |item, pieces| format!("{pieces} {item}"),
);
version!(wider(item: String, count: u64), |item, count| format!("{count} {item}"),);

#[tokio::test]
async fn an_optional_parameter_can_be_added() {
    let new = serve(Server::new().service(optional::ShopServer::new(optional::Counter))).await;
    assert_eq!(ok(old::ShopClient::new(new.client.clone()).order("tea".into(), 2)).await, "2 tea None");
    let old = serve(Server::new().service(old::ShopServer::new(old::Counter))).await;
    let client = optional::ShopClient::new(old.client.clone());
    // An old server does not know of it, and nobody tells.
    assert_eq!(ok(client.order("tea".into(), 2, Some("green".into()))).await, "2 tea");
}

#[tokio::test]
async fn a_parameter_with_a_default_can_be_added() {
    let new = serve(Server::new().service(with_default::ShopServer::new(with_default::Counter))).await;
    assert_eq!(ok(old::ShopClient::new(new.client.clone()).order("tea".into(), 2)).await, "2 tea false");
    let old = serve(Server::new().service(old::ShopServer::new(old::Counter))).await;
    assert_eq!(
        ok(with_default::ShopClient::new(old.client.clone()).order("tea".into(), 2, true)).await,
        "2 tea"
    );
}

#[tokio::test]
async fn a_required_parameter_refuses_the_calls_of_old_clients() {
    let new = serve(Server::new().service(required::ShopServer::new(required::Counter))).await;
    let (code, text) = refused(old::ShopClient::new(new.client.clone()).order("tea".into(), 2)).await;
    assert_eq!(code, FaultCode::BadRequest);
    assert!(text.contains("missing field `gift`"), "{text}");
    let old = serve(Server::new().service(old::ShopServer::new(old::Counter))).await;
    assert_eq!(ok(required::ShopClient::new(old.client.clone()).order("tea".into(), 2, true)).await, "2 tea");
}

#[tokio::test]
async fn a_parameter_can_be_removed_once_no_old_server_runs() {
    let new = serve(Server::new().service(fewer::ShopServer::new(fewer::Counter))).await;
    assert_eq!(ok(old::ShopClient::new(new.client.clone()).order("tea".into(), 2)).await, "tea");
    let old = serve(Server::new().service(old::ShopServer::new(old::Counter))).await;
    let (code, text) = refused(fewer::ShopClient::new(old.client.clone()).order("tea".into())).await;
    assert_eq!(code, FaultCode::BadRequest);
    assert!(text.contains("missing field `count`"), "{text}");
}

#[tokio::test]
async fn a_parameter_can_be_renamed_in_rust_if_it_keeps_its_name_on_the_wire() {
    let new = serve(Server::new().service(renamed_in_rust::ShopServer::new(renamed_in_rust::Counter))).await;
    assert_eq!(ok(old::ShopClient::new(new.client.clone()).order("tea".into(), 2)).await, "2 tea");
    let old = serve(Server::new().service(old::ShopServer::new(old::Counter))).await;
    assert_eq!(
        ok(renamed_in_rust::ShopClient::new(old.client.clone()).order("tea".into(), 2)).await,
        "2 tea"
    );
}

#[tokio::test]
async fn an_alias_reads_the_old_name_and_only_a_new_server_reads_the_new_one() {
    let new =
        serve(Server::new().service(renamed_with_alias::ShopServer::new(renamed_with_alias::Counter))).await;
    assert_eq!(ok(old::ShopClient::new(new.client.clone()).order("tea".into(), 2)).await, "2 tea");
    let old = serve(Server::new().service(old::ShopServer::new(old::Counter))).await;
    let client = renamed_with_alias::ShopClient::new(old.client.clone());
    assert_eq!(refused(client.order("tea".into(), 2)).await.0, FaultCode::BadRequest);
}

#[tokio::test]
async fn an_integer_can_be_widened_and_old_servers_refuse_what_they_cannot_hold() {
    let new = serve(Server::new().service(wider::ShopServer::new(wider::Counter))).await;
    assert_eq!(ok(old::ShopClient::new(new.client.clone()).order("tea".into(), 2)).await, "2 tea");
    let old = serve(Server::new().service(old::ShopServer::new(old::Counter))).await;
    let client = wider::ShopClient::new(old.client.clone());
    assert_eq!(ok(client.order("tea".into(), 2)).await, "2 tea");
    let (code, text) = refused(client.order("tea".into(), 1 << 32)).await;
    assert_eq!(code, FaultCode::BadRequest);
    assert!(text.contains("count"), "{text}");
}
