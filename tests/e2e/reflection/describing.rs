//! What a service has.

use amqp_rpc::{
    Server,
    description::{MethodKind, Repetition},
    rpc_service,
    server::ServiceOptions,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{asking, instances};
use crate::{
    services::{FibServer, Fibonacci, connect, serve_fib, start},
    support::{Vhost, within},
};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Book {
    title: String,
}

/// Books by their places.
#[rpc_service(schema)]
trait Shelf {
    /// Takes a book out.
    async fn take(&self, place: u32) -> Option<Book>;
    #[rpc(event)]
    async fn moved(&self, book: Book);
}

struct Empty;

impl Shelf for Empty {
    async fn take(&self, _: u32) -> Option<Book> {
        None
    }

    async fn moved(&self, _: Book) {}
}

#[tokio::test]
async fn a_service_with_schemas_has_them_and_the_queue_that_it_is_served_from() {
    let vhost = Vhost::create().await;
    let options = ServiceOptions::new().queue("shelf.2");
    let _server = start(Server::new().service_with(ShelfServer::new(Empty), options), &vhost).await;
    let client = connect(&vhost).await;
    let described = within("the description", client.reflection().describe("shelf")).await.unwrap();
    let mut expected = shelf_description();
    expected.methods[0].queue = Some("shelf.2".into());
    assert_eq!(described, expected);
    assert_eq!(described.docs.as_deref(), Some("Books by their places."));
    assert!(described.schemas.contains_key("Book"), "{described:?}");
    assert_eq!(described.version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    let service = &instances(&client).await[0].services[0];
    assert!(service.described && service.queue == "shelf.2", "{service:?}");
}

#[tokio::test]
async fn a_service_without_schemas_has_names_kinds_and_flags() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let client = connect(&vhost).await;
    let described = within("the description", client.reflection().describe("fib")).await.unwrap();
    let [compute, whoami] = &described.methods[..] else { panic!("{described:?}") };
    assert_eq!(
        (&*compute.name, compute.kind, compute.repetition),
        ("compute", MethodKind::Call, Repetition::Idempotent)
    );
    assert_eq!((&compute.parameters[..], &whoami.parameters[..]), (&["n".to_owned()][..], &[][..]));
    assert_eq!(compute.request, serde_json::json!({}), "anything");
    assert_eq!(described.version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert!(!instances(&client).await[0].services[0].described);
}

#[tokio::test]
async fn a_service_is_described_though_one_of_its_servers_does_not_tell() {
    let vhost = Vhost::create().await;
    let silent = Server::new().service(FibServer::new(Fibonacci)).reflection(false);
    let _servers = (serve_fib(&vhost).await, start(silent, &vhost).await);
    let client = connect(&vhost).await;
    // They share the queue of the requests: each gets every second one.
    for _ in 0..4 {
        let described = within("the description", client.reflection().describe("fib")).await.unwrap();
        assert_eq!(described.service, "fib");
    }
}

#[tokio::test]
async fn each_instance_describes_its_own_version() {
    let vhost = Vhost::create().await;
    let _servers =
        (serve_fib(&vhost).await, start(Server::new().service(FibServer::new(Fibonacci)), &vhost).await);
    let client = connect(&vhost).await;
    let described = within("the descriptions", asking(&client).descriptions("fib")).await.unwrap();
    assert_eq!(described.len(), 2);
    assert!(described.iter().all(|described| described.service == "fib"));
}
