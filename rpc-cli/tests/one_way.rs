//! `notify`, `publish` and `listen`.

use serde_json::json;

use crate::support::Shop;

#[tokio::test]
async fn a_notification_is_sent_and_compared_with_its_contract() {
    let shop = Shop::open().await;
    let ran = shop.run(&["notify", "shop.restock", r#"{"article": "apple", "quantity": 5}"#]).await;
    assert_eq!(ran.succeeded().stdout, "");
    let wrong = shop.run(&["notify", "shop.restock", r#"{"article": "apple", "quantity": 0}"#]).await;
    wrong.failed(6, &["quantity: expected 1 at least, found 0"]);
    shop.run(&["notify", "nothing.there"]).await.failed(4, &["amqp-rpc list"]);
}

#[tokio::test]
async fn another_kind_of_method_is_refused_with_the_right_command() {
    let shop = Shop::open().await;
    shop.run(&["notify", "shop.price"]).await.failed(1, &["is a call", "amqp-rpc call shop.price"]);
    shop.run(&["call", "shop.restock"]).await.failed(1, &["amqp-rpc notify shop.restock"]);
    shop.run(&["call", "shop.price_changed"]).await.failed(1, &["amqp-rpc publish shop.price_changed"]);
}

#[tokio::test]
async fn a_listener_prints_the_events_of_its_pattern() {
    let shop = Shop::open().await;
    let mut all = shop.program(&["-v", "listen", "shop.price_changed", "--count", "3"]).start();
    all.until_note("listening").await;
    let mut european = shop.program(&["-v", "listen", "shop.price_changed.eu.*"]).start();
    european.until_note("listening").await;

    let body = r#"{"article": "apple", "cents": 41}"#;
    let publish = ["publish", "shop.price_changed", body];
    shop.run(&publish).await.succeeded();
    shop.run(&[&publish[..], &["--topic", "us.ny"]].concat()).await.succeeded();
    shop.run(&[&publish[..], &["--topic", "eu.de", "-H", "tenant=7"]].concat()).await.succeeded();

    let mut keys = Vec::new();
    for _ in 0..3 {
        let event: serde_json::Value = serde_json::from_str(&all.line().await).expect("a line is JSON");
        assert_eq!(event["body"], json!({"article": "apple", "cents": 41}));
        keys.push(event["routing_key"].as_str().expect("a text").to_owned());
    }
    assert_eq!(keys, ["shop.price_changed", "shop.price_changed.us.ny", "shop.price_changed.eu.de"]);
    assert_eq!(all.end().await.code, Some(0), "it ends after --count events");

    let event: serde_json::Value = serde_json::from_str(&european.line().await).expect("a line is JSON");
    assert_eq!(event["routing_key"], "shop.price_changed.eu.de");
    assert_eq!(event["headers"]["tenant"], "7");
    european.interrupt().await;
    let ran = european.end().await;
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "Ctrl-C ends it, which is no failure");
}

#[tokio::test]
async fn a_listener_whose_connection_is_lost_fails() {
    let shop = Shop::open().await;
    let mut listener = shop.program(&["-v", "listen", "shop.#"]).start();
    listener.until_note("listening").await;
    let _home = shop.crash();
    listener.end().await.failed(2, &["the connection was lost"]);
}
