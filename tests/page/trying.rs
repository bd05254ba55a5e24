//! *Try it*, as programs use it: what it answers, and what it refuses.

use std::time::Duration;

use amqp_rpc_docs::server::RunningDocsServer;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::shop;

const JSON: &str = "Content-Type: application/json\r\n";

/// The status, the outcome, and the body.
type Answer = (u16, String, Value);

async fn post(server: &RunningDocsServer, path: &str, head: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(server.local_addr()).await.expect("it listens");
    let host = server.local_addr();
    let length = body.len();
    let request =
        format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{head}\r\n{body}");
    // A body that is too large may be refused before it was sent.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).expect("it answers with text");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {answer:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status is a number");
    let outcome = head.lines().find_map(|line| line.strip_prefix("x-outcome: ")).unwrap_or_default();
    (status, outcome.to_owned(), serde_json::from_str(body).unwrap_or_default())
}

async fn call(method: &str, body: Value) -> Answer {
    let server = shop::with_try_it().await;
    post(&server, &format!("/try/shop/{method}"), JSON, &body.to_string()).await
}

#[tokio::test]
async fn a_result_is_answered() {
    let (status, outcome, body) = call("find", json!({ "name": "lamp" })).await;
    assert_eq!((status, &*outcome), (200, "result"));
    assert_eq!(body["price"], 1_999);
}

#[tokio::test]
async fn numbers_of_64_bits_keep_their_digits() {
    let (_, _, body) = call("order", json!({ "name": "lamp", "count": 0 })).await;
    assert_eq!(body, json!(u64::MAX));
}

#[tokio::test]
async fn the_methods_own_error_is_told_from_a_fault() {
    let (status, outcome, body) = call("order", json!({ "name": "lamp", "count": 50 })).await;
    assert_eq!((status, &*outcome), (422, "error"));
    assert_eq!(body, json!({ "SoldOut": { "left": 10 } }));

    let (status, outcome, body) = call("order", json!({ "name": "lamp", "count": "two" })).await;
    assert_eq!((status, &*outcome), (502, "fault"), "{body}");
    assert_eq!(
        (&body["code"], &body["field"], &body["execution"]),
        (&json!("bad_request"), &json!("count"), &json!("never"))
    );
}

#[tokio::test]
async fn a_service_that_nobody_serves_is_unroutable() {
    let server = shop::with_try_it().await;
    let (status, outcome, body) = post(&server, "/try/absent/count", JSON, "{}").await;
    assert_eq!((status, &*outcome), (503, "unroutable"), "{body}");
    assert_eq!(body["execution"], "never");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_is_a_timeout() {
    let server =
        shop::docs().try_it(shop::client()).try_timeout(Duration::from_millis(200)).start().await.unwrap();
    let (status, outcome, body) = post(&server, "/try/shop/slow", JSON, "{}").await;
    assert_eq!((status, &*outcome), (504, "timeout"), "{body}");
    assert_eq!(body["execution"], "unknown");
}

#[tokio::test]
async fn what_is_no_json_is_refused_before_it_is_sent() {
    let server = shop::with_try_it().await;
    let (status, outcome, body) = post(&server, "/try/shop/find", JSON, "{\"name\": }").await;
    assert_eq!((status, &*outcome), (400, "refused"));
    assert!(body["message"].as_str().unwrap().contains("line 1 column"), "{body}");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let server = shop::docs().try_it(shop::client()).body_limit(100).start().await.unwrap();
    let small = json!({ "name": "x".repeat(80) }).to_string();
    assert_eq!(post(&server, "/try/shop/find", JSON, &small).await.0, 200);
    let large = json!({ "name": "x".repeat(100) }).to_string();
    assert_eq!(post(&server, "/try/shop/find", JSON, &large).await.0, 413);
}

/// A page of another site can send forms and texts to this machine; the browser says where they come from.
#[tokio::test]
async fn requests_of_other_sites_are_refused() {
    let server = shop::with_try_it().await;
    let own = format!("{JSON}Origin: http://{}\r\nSec-Fetch-Site: same-origin\r\n", server.local_addr());
    let body = r#"{"name": "lamp"}"#;
    assert_eq!(post(&server, "/try/shop/find", &own, body).await.0, 200);
    for (head, status) in [
        (format!("{JSON}Origin: http://evil.example\r\n"), 403),
        (format!("{JSON}Origin: null\r\n"), 403),
        (format!("{JSON}Sec-Fetch-Site: cross-site\r\n"), 403),
        ("Content-Type: text/plain\r\n".to_owned(), 415),
        ("Content-Type: application/x-www-form-urlencoded\r\n".to_owned(), 415),
        (String::new(), 415),
    ] {
        assert_eq!(post(&server, "/try/shop/find", &head, body).await.0, status, "{head}");
    }
    let rebound = format!("GET / HTTP/1.1\r\nHost: evil.example:{}\r\n\r\n", server.local_addr().port());
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    stream.write_all(rebound.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
}

#[tokio::test]
async fn only_calls_are_offered() {
    let server = shop::with_try_it().await;
    for path in ["/try/shop/restock", "/try/shop/price_changed", "/try/shop/missing", "/try/other/find"] {
        assert_eq!(post(&server, path, JSON, "{}").await.0, 404, "{path}");
    }
}

/// Those that send no body take no place from those that do.
#[tokio::test]
async fn bodies_that_do_not_arrive_hold_up_no_calls() {
    let server = shop::with_try_it().await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
        let host = server.local_addr();
        let head = format!("POST /try/shop/find HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9\r\n{JSON}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        silent.push(stream);
    }
    assert_eq!(post(&server, "/try/shop/find", JSON, r#"{"name": "lamp"}"#).await.0, 200);
    // Each is told so in the end.
    let mut answer = String::new();
    silent.remove(0).read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

/// Sixteen wait for a method that does not answer; the next one is told so, and not kept.
#[tokio::test]
async fn calls_at_once_are_bounded() {
    let server =
        shop::docs().try_it(shop::client()).try_timeout(Duration::from_secs(1)).start().await.unwrap();
    let calls = (0..20).map(|_| post(&server, "/try/shop/slow", JSON, "{}"));
    let answers = futures_util::future::join_all(calls).await;
    let count = |wanted: u16| answers.iter().filter(|(status, ..)| *status == wanted).count();
    assert_eq!((count(504), count(429)), (16, 4), "{answers:?}");
}
