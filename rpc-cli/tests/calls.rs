//! `call`: results, bodies, headers, codecs, raw bodies.

use amqp_rpc::{
    Server,
    middleware::{IncomingCall, Reply},
};
use serde_json::json;

use crate::support::{Home, Shop};

#[tokio::test]
async fn a_call_prints_its_result_as_json() {
    let shop = Shop::open().await;
    let ran = shop.run(&["call", "shop.price", r#"{"article": "apple", "quantity": 3}"#]).await.succeeded();
    assert_eq!(ran.stdout, "{\"cents\":120,\"discount_percent\":0}\n");
}

#[tokio::test]
async fn a_body_comes_from_a_file_or_from_stdin() {
    let shop = Shop::open().await;
    let body = r#"{"article": "bread", "quantity": 1}"#;
    let file = format!("@{}", shop.home.write("body.json", body));
    assert_eq!(shop.run(&["call", "shop.price", &file]).await.succeeded().json()["cents"], 350);
    let piped = shop.program(&["call", "shop.price", "-"]).run(body).await;
    assert_eq!(piped.succeeded().json()["cents"], 350);
}

#[tokio::test]
async fn without_a_body_an_empty_object_is_sent() {
    let echo = |call: IncomingCall| async move { Reply::json(&call.json::<serde_json::Value>()?) };
    let shop = Shop::with(Server::new().raw("echo.back", echo)).await;
    assert_eq!(shop.run(&["call", "echo.back"]).await.succeeded().stdout, "{}\n");
}

#[tokio::test]
async fn headers_and_codecs_reach_the_server() {
    let seen = |call: IncomingCall| async move {
        let context = call.context();
        Reply::json(&json!([context.content_type(), context.headers().text("tenant")]))
    };
    let shop = Shop::with(Server::new().raw("echo.seen", seen)).await;
    let ran = shop.run(&["call", "echo.seen", "-H", "tenant=a=b"]).await.succeeded();
    assert_eq!(ran.json(), json!(["application/json", "a=b"]));
    for (codec, content_type) in [("msgpack", "application/msgpack"), ("cbor", "application/cbor")] {
        let ran = shop.run(&["call", "echo.seen", "--codec", codec]).await.succeeded();
        assert_eq!(ran.json()[0], content_type);
    }
}

#[tokio::test]
async fn every_codec_reads_the_reply() {
    let shop = Shop::open().await;
    for codec in ["json", "msgpack", "cbor"] {
        let body = r#"{"article": "cheese", "quantity": 10}"#;
        let ran = shop.run(&["call", "shop.price", body, "--codec", codec]).await.succeeded();
        assert_eq!(ran.json(), json!({"cents": 8455, "discount_percent": 5}), "{codec}");
    }
}

#[tokio::test]
async fn raw_bodies_go_and_come_as_they_are() {
    let raw = |call: IncomingCall| async move {
        let content_type = call.context().content_type().unwrap_or_default().to_owned();
        let mut body = call.body().to_vec();
        body.extend_from_slice(format!(" as {content_type}").as_bytes());
        Ok(Reply::bytes(body))
    };
    let shop = Shop::with(Server::new().raw("echo.raw", raw)).await;
    let ran = shop.run(&["call", "echo.raw", "not json", "--raw", "--content-type", "text/x"]).await;
    assert_eq!(ran.succeeded().stdout, "not json as text/x");
}

#[tokio::test]
async fn a_body_is_compared_with_the_contract_before_it_is_sent() {
    let shop = Shop::open().await;
    let price = ["call", "shop.price"];
    let wrong = shop.run(&[&price[..], &[r#"{"article": "apple", "quantity": "3"}"#]].concat()).await;
    wrong.failed(6, &["quantity: expected an integer, found \"3\"", "describe shop.price", "--no-check"]);
    let missing = shop.run(&[&price[..], &[r#"{"article": "apple", "quantiy": 3}"#]].concat()).await;
    missing.failed(6, &["quantity: missing, expected an integer"]);
    let large = shop.run(&[&price[..], &[r#"{"article": "apple", "quantity": 101}"#]].concat()).await;
    large.failed(6, &["quantity: expected 100 at most, found 101"]);

    // The server's own words, when it is sent all the same.
    let body = r#"{"article": "apple", "quantity": "3"}"#;
    let sent = shop.run(&["call", "shop.price", body, "--no-check"]).await;
    let sent = sent.failed(5, &["bad_request", "\"field\":\"quantity\"", "it did not run"]);
    assert!(sent.stdout.is_empty());
}

#[tokio::test]
async fn a_contract_in_a_file_takes_the_place_of_the_servers() {
    let shop = Shop::open().await;
    let contract = shop.run(&["docs", "export", "shop", "--format", "description"]).await.succeeded().stdout;
    let file = shop.home.write("shop.json", &contract);
    let ran = shop.run(&["call", "shop.price", "{}", "--contract", &file]).await;
    ran.failed(6, &["article: missing"]);
    let ran = shop.run(&["call", "shop.prize", "{}", "--contract", &file]).await;
    ran.failed(4, &["has no method shop.prize", "shop.price"]);
}

#[tokio::test]
async fn the_example_needs_no_broker() {
    let home = Home::create();
    let body = r#"{"article": "apple", "quantity": 1}"#;
    let ran = home.run(&["--example", "call", "shop.price", body]).await.succeeded();
    assert_eq!(ran.json()["cents"], 40);
}

#[tokio::test]
async fn a_deduplicated_method_needs_a_key_and_gets_it() {
    let key = |call: IncomingCall| async move { Reply::json(&call.context().message_id()) };
    let shop = Shop::with(Server::new().raw("orders.place", key)).await;
    let contract = json!({"service": "orders", "methods": [{
        "name": "place", "full_name": "orders.place", "kind": "call", "exchange": "amqp-rpc",
        "routing_key": "orders.place", "repetition": "deduplicated",
    }]});
    let file = shop.home.write("orders.json", &contract.to_string());
    let place = ["call", "orders.place", "--contract", &file];
    shop.run(&place).await.failed(1, &["--idempotency-key"]);
    let ran = shop.run(&[&place[..], &["--idempotency-key", "order-7"]].concat()).await;
    assert_eq!(ran.succeeded().json(), "order-7");
}
