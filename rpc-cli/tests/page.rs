//! `docs export --html` and `docs serve`.

use std::fs;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    shop,
    support::{Home, Shop},
};

/// Asks the server at this URL: the status, and the body.
async fn ask(url: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let host = url.strip_prefix("http://").and_then(|rest| rest.strip_suffix('/')).expect("a URL of HTTP");
    let mut stream = TcpStream::connect(host).await.expect("it listens");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it writes text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    (head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status"), body.to_owned())
}

fn contract(home: &Home) -> String {
    home.write("contract.json", &json!([shop::shop_description()]).to_string())
}

#[tokio::test]
async fn a_page_is_exported_to_stdout_and_to_a_file() {
    let shop = Shop::open().await;
    let page =
        shop.run(&["docs", "export", "shop", "--html", "--title", "Gro<ceries"]).await.succeeded().stdout;
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"), "{page}");
    assert!(page.contains("<h1>Gro&lt;ceries</h1>") && page.contains("amqp-rpc call shop.price"), "{page}");
    assert!(!page.contains("<form"), "there is nothing to send it to");
    let file = shop.home.write("page.html", "an older one");
    let option = format!("--html={file}");
    let ran = shop.run(&["docs", "export", "shop", "--title", "Gro<ceries", &option]).await.succeeded();
    assert_eq!((ran.stdout.as_str(), fs::read_to_string(&file).expect("it is there")), ("", page));
    shop.run(&["docs", "export", "--html=/missing/page.html"]).await.failed(1, &["/missing/page.html"]);
    shop.run(&["docs", "export", "--html", "--format", "description"]).await.failed(1, &["--format"]);
}

#[tokio::test]
async fn a_contract_is_served_without_a_broker() {
    let home = Home::create();
    let mut running = home.program(&["docs", "serve", "--contract", &contract(&home)]).start();
    let url = running.line().await;
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let (status, page) = ask(&url, "GET", "/", "").await;
    assert!(status == 200 && page.contains("shop.price") && !page.contains("<form"), "{status} {page}");
    let document: Value =
        serde_json::from_str(&ask(&url, "GET", "/asyncapi.json", "").await.1).expect("JSON");
    assert_eq!(document["asyncapi"], "3.0.0");
    assert_eq!(ask(&url, "POST", "/try/shop/price", "{}").await.0, 404);
    running.interrupt().await;
    assert_eq!(running.end().await.code, Some(0));
}

#[tokio::test]
async fn methods_are_tried_on_the_broker() {
    let shop = Shop::open().await;
    let mut running = shop.program(&["docs", "serve", "--try-it"]).start();
    let url = running.line().await;
    assert!(ask(&url, "GET", "/", "").await.1.contains("data-try=\"try/shop/price\""));
    let body = r#"{"article": "apple", "quantity": 3}"#;
    let (status, answer) = ask(&url, "POST", "/try/shop/price", body).await;
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(status, 200, "{answer}");
    let called = shop.run(&["call", "shop.price", body]).await.succeeded().json();
    assert_eq!(answer, called);
    running.interrupt().await;
    assert_eq!(running.end().await.code, Some(0));
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_an_error() {
    let home = Home::create();
    let contract = contract(&home);
    let mut first = home.program(&["docs", "serve", "--contract", &contract]).start();
    let url = first.line().await;
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let second = home.run(&["docs", "serve", "--contract", &contract, "--listen", address]).await;
    second.failed(1, &[address, "--listen 127.0.0.1:0"]);
    home.run(&["docs", "serve", "--contract", &contract, "--listen", "here"]).await.failed(1, &["--listen"]);
    first.interrupt().await;
    assert_eq!(first.end().await.code, Some(0));
    // Trying needs a broker, and there is none.
    let refused = ["docs", "serve", "--contract", &contract, "--try-it", "--url", "amqp://127.0.0.1:1"];
    home.run(&refused).await.failed(2, &["127.0.0.1:1"]);
}
