//! Methods that come, go and change their names.

use amqp_rpc::{CallError, Execution, FaultCode, Server, rpc_service};

use crate::{ok, refused, serve};

mod old {
    use super::rpc_service;

    #[rpc_service(name = "shop")]
    pub(super) trait Shop {
        async fn order(&self, item: String) -> String;
    }

    pub(super) struct Counter;

    impl Shop for Counter {
        async fn order(&self, item: String) -> String {
            item
        }
    }
}

mod more {
    use super::rpc_service;

    #[rpc_service(name = "shop")]
    pub(super) trait Shop {
        async fn order(&self, item: String) -> String;
        async fn cancel(&self, item: String) -> String;
    }

    pub(super) struct Counter;

    impl Shop for Counter {
        async fn order(&self, item: String) -> String {
            item
        }

        async fn cancel(&self, item: String) -> String {
            item
        }
    }
}

mod renamed {
    use super::rpc_service;

    /// The trait and the method have other names in Rust.
    #[rpc_service(name = "shop")]
    pub(super) trait Store {
        #[rpc(name = "order")]
        async fn buy(&self, item: String) -> String;
    }

    pub(super) struct Counter;

    impl Store for Counter {
        async fn buy(&self, item: String) -> String {
            item
        }
    }
}

#[tokio::test]
async fn a_method_can_be_added_and_old_servers_have_no_queue_for_it() {
    let new = serve(Server::new().service(more::ShopServer::new(more::Counter))).await;
    assert_eq!(ok(old::ShopClient::new(new.client.clone()).order("tea".into())).await, "tea");
    let old = serve(Server::new().service(old::ShopServer::new(old::Counter))).await;
    let error = more::ShopClient::new(old.client.clone()).cancel("tea".into()).await.expect_err("it is new");
    assert!(matches!(error, CallError::Unroutable(_)), "{error}");
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true));
}

#[tokio::test]
async fn among_new_servers_an_old_one_refuses_a_method_that_it_does_not_know() {
    let new = serve(Server::new().service(more::ShopServer::new(more::Counter))).await;
    let uri = new.broker.uri();
    new.server.shutdown().await.expect("it stops");
    // Its binding stays on the queue, which an old server consumes now.
    let _old = Server::new().service(old::ShopServer::new(old::Counter)).start(uri).await.expect("it starts");
    let call = more::ShopClient::new(new.client.clone()).cancel("tea".into());
    let error = call.await.expect_err("it is new");
    assert!(error.is_retryable(), "a new server may take it next time: {error}");
    assert_eq!(
        refused(more::ShopClient::new(new.client).cancel("tea".into())).await.0,
        FaultCode::UnknownMethod
    );
}

#[tokio::test]
async fn a_removed_method_is_unknown_to_the_servers_that_remain() {
    let both = serve(Server::new().service(more::ShopServer::new(more::Counter))).await;
    let uri = both.broker.uri();
    both.server.shutdown().await.expect("it stops");
    let _fewer =
        Server::new().service(old::ShopServer::new(old::Counter)).start(uri).await.expect("it starts");
    let client = more::ShopClient::new(both.client);
    assert_eq!(ok(client.order("tea".into())).await, "tea");
    assert_eq!(refused(client.cancel("tea".into())).await.0, FaultCode::UnknownMethod);
}

#[tokio::test]
async fn traits_and_methods_can_be_renamed_in_rust_if_they_keep_their_names_on_the_wire() {
    let new = serve(Server::new().service(renamed::StoreServer::new(renamed::Counter))).await;
    assert_eq!(ok(old::ShopClient::new(new.client.clone()).order("tea".into())).await, "tea");
    let old = serve(Server::new().service(old::ShopServer::new(old::Counter))).await;
    assert_eq!(ok(renamed::StoreClient::new(old.client.clone()).buy("tea".into())).await, "tea");
}
