//! `list`, `ping` and `stats`: what servers say of themselves.

use amqp_rpc::Server;

use crate::{
    shop::{Shelves, ShopServer},
    support::Shop,
};

#[tokio::test]
async fn every_instance_is_listed() {
    let shop = Shop::open().await;
    let second = Server::new().service(ShopServer::new(Shelves)).start(shop.url()).await.expect("it starts");
    let listed = shop.run(&["list"]).await.succeeded().json();
    let instances = listed.as_array().expect("a list");
    assert_eq!(instances.len(), 2, "{listed}");
    assert!(instances.iter().all(|one| one["service"] == "shop" && one["queue"] == "shop"), "{listed}");
    assert_ne!(instances[0]["instance"], instances[1]["instance"]);
    let table = shop.run(&["list", "-o", "table"]).await.succeeded().stdout;
    assert_eq!(table.lines().count(), 3, "{table}");
    second.shutdown().await.expect("it stops");
    assert_eq!(shop.run(&["list"]).await.succeeded().json().as_array().expect("a list").len(), 1);
}

#[tokio::test]
async fn the_methods_of_a_service_are_listed() {
    let shop = Shop::open().await;
    let listed = shop.run(&["list", "shop"]).await.succeeded().json();
    let methods: Vec<_> = listed.as_array().expect("a list").iter().map(|one| &one["method"]).collect();
    assert_eq!(methods, ["shop.price", "shop.wait", "shop.restock", "shop.price_changed"]);
}

#[tokio::test]
async fn the_embedded_example_shows_a_service_without_a_broker() {
    let home = crate::support::Home::create();
    let listed = home.run(&["list", "--example"]).await.succeeded().json();
    assert_eq!(listed[0]["service"], "shop");
}

#[tokio::test]
async fn instances_answer_a_ping_and_who_is_not_there_does_not() {
    let shop = Shop::open().await;
    let answered = shop.run(&["ping", "shop"]).await.succeeded().json();
    assert!(answered[0]["round_trip_us"].as_u64().is_some(), "{answered}");
    assert_eq!(shop.run(&["ping"]).await.succeeded().json().as_array().expect("a list").len(), 1);
    shop.run(&["ping", "nothing"]).await.failed(4, &["no instance of nothing", "amqp-rpc list"]);
}

#[tokio::test]
async fn stats_count_calls_and_errors() {
    let shop = Shop::open().await;
    shop.run(&["call", "shop.price", r#"{"article": "apple", "quantity": 1}"#]).await.succeeded();
    shop.run(&["call", "shop.price", r#"{"article": "apple", "quantity": 60}"#]).await.failed(5, &[]);
    let stats = shop.run(&["stats", "shop"]).await.succeeded().json();
    let methods = stats.as_array().expect("a list").iter();
    let price =
        methods.clone().find(|one| one["method"].to_string().contains("price\"")).expect("it is there");
    assert_eq!((price["calls"].as_u64(), price["errors"].as_u64()), (Some(2), Some(1)), "{stats}");
    shop.run(&["stats", "nothing"]).await.failed(4, &["no instance of nothing"]);
}

#[tokio::test]
async fn a_server_without_reflection_is_called_all_the_same() {
    let server = Server::new().service(ShopServer::new(Shelves)).reflection(false);
    let shop = Shop::with(server).await;
    let body = r#"{"article": "apple", "quantity": 1}"#;
    assert_eq!(shop.run(&["call", "shop.price", body]).await.succeeded().json()["cents"], 40);
    shop.run(&["describe", "shop"]).await.failed(4, &["reflection is off", "--contract"]);
    assert_eq!(shop.run(&["list"]).await.succeeded().stdout, "[]\n");
}

#[tokio::test]
async fn shells_complete_what_the_broker_has_told() {
    let shop = Shop::open().await;
    shop.run(&["list"]).await.succeeded();
    shop.run(&["describe", "shop"]).await.succeeded();
    let complete = async |words: &[&str]| {
        let index = (words.len() - 1).to_string();
        let program = shop.program(&[&["--"][..], words].concat()).env("AMQP_RPC_COMPLETE", "bash");
        let ran = program.env("_CLAP_COMPLETE_INDEX", &index).env("_CLAP_IFS", "\n").run("").await;
        ran.succeeded().stdout
    };
    assert_eq!(complete(&["amqp-rpc", "ping", ""]).await.lines().next(), Some("shop"));
    assert!(complete(&["amqp-rpc", "call", "shop.pr"]).await.contains("shop.price"));
}
