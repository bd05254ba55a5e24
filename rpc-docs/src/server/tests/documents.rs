//! The page and the document, and their headers.

use super::{get, request, server};

#[tokio::test]
async fn it_listens_on_loopback_unless_told_otherwise() {
    let server = server().start().await.unwrap();
    assert!(server.local_addr().ip().is_loopback());
    assert_ne!(server.local_addr().port(), 0);
    assert_eq!(server.url(), format!("http://127.0.0.1:{}/", server.local_addr().port()));
}

#[tokio::test]
async fn a_server_on_all_addresses_names_one_that_can_be_opened() {
    let server = server().address(([0, 0, 0, 0], 0).into()).start().await.unwrap();
    assert!(server.url().starts_with("http://127.0.0.1:"), "{}", server.url());
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error() {
    let first = server().start().await.unwrap();
    let second = server().address(first.local_addr()).start().await;
    assert_eq!(second.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn the_page_and_the_document_are_served() {
    let server = server().start().await.unwrap();
    let page = get(&server, "/").await;
    assert_eq!(page.status(), 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.body.contains("fib.compute") && page.body.contains("<a href=\"asyncapi.json\">"));
    let document = get(&server, "/asyncapi.json").await;
    assert_eq!(document.header("content-type"), Some("application/json"));
    let document: serde_json::Value = serde_json::from_str(&document.body).unwrap();
    assert_eq!(document["asyncapi"], "3.0.0");
}

#[tokio::test]
async fn every_answer_has_the_headers_that_protect_it() {
    let server = server().start().await.unwrap();
    for (method, path) in [("GET", "/"), ("GET", "/asyncapi.json"), ("GET", "/missing"), ("POST", "/")] {
        let answer = request(&server, method, path, "", "").await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.ends_with("; frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("connect-src"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
    }
}

/// The policy in the page is that of the header, but for what only a header can say.
#[tokio::test]
async fn the_header_and_the_page_have_one_policy() {
    let server = server().start().await.unwrap();
    let page = get(&server, "/").await;
    let (_, rest) = page.body.split_once("http-equiv=\"Content-Security-Policy\" content=\"").unwrap();
    let in_page = rest.split_once('"').unwrap().0.replace("&#39;", "'");
    assert_eq!(page.header("content-security-policy"), Some(&*format!("{in_page}; frame-ancestors 'none'")));
}

#[tokio::test]
async fn a_page_that_the_browser_has_is_not_sent_again() {
    let server = server().start().await.unwrap();
    let first = get(&server, "/").await;
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    let tag = first.header("etag").unwrap();
    let again = request(&server, "GET", "/", &format!("If-None-Match: W/\"a\", {tag}\r\n"), "").await;
    assert_eq!((again.status(), again.body.as_str()), (304, ""));
    assert!(
        again.header("content-security-policy").is_some(),
        "a browser takes the headers of the last answer"
    );
    let other = request(&server, "GET", "/", "If-None-Match: \"other\"\r\n", "").await;
    assert_eq!(other.status(), 200);
}
