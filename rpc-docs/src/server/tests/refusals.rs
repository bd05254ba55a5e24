//! Requests that do not come from the page.

use super::{get, raw, request, server};

#[tokio::test]
async fn a_name_that_is_not_this_servers_is_refused() {
    let server = server().host("docs.example.com").start().await.unwrap();
    let status =
        async |host: &str| request(&server, "GET", "/", &format!("Host: {host}\r\n"), "").await.status();
    assert_eq!(status("localhost:1234").await, 200);
    assert_eq!(status("docs.example.com").await, 200);
    assert_eq!(status("evil.example.com").await, 421);
    assert_eq!(status("localhost.evil.example.com").await, 421);
}

#[tokio::test]
async fn a_request_with_no_name_or_two_is_refused() {
    let server = server().start().await.unwrap();
    assert_eq!(raw(&server, "GET / HTTP/1.1\r\n\r\n").await.status(), 421);
    let two = "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n";
    assert_eq!(raw(&server, two).await.status(), 421);
    let absolute = "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(raw(&server, absolute).await.status(), 421);
}

#[tokio::test]
async fn trying_is_off_unless_asked_for() {
    let server = server().start().await.unwrap();
    let json = "Content-Type: application/json\r\n";
    assert_eq!(request(&server, "POST", "/try/fib/compute", json, "{}").await.status(), 404);
    let page = get(&server, "/").await;
    assert!(!page.body.contains("<form") && !page.body.contains("connect-src"));
}
