//! How connections end.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{get, server};

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_arrive_ends_the_connection() {
    let server = server().start().await.unwrap();
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
    let begun = Instant::now();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(begun.elapsed() <= Duration::from_secs(11), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_connection_has_one_request() {
    let server = server().start().await.unwrap();
    // `get` reads to the end, which comes only if the server ends it.
    let answer = timeout(Duration::from_secs(20), get(&server, "/")).await.unwrap();
    assert_eq!(answer.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = server().start().await.unwrap();
    let answer =
        super::request(&server, "GET", "/", &format!("X-Long: {}\r\n", "a".repeat(60_000)), "").await;
    assert_eq!(answer.status(), 431);
}

/// Those that wait say nothing: they take no place from those that speak for longer than a head may take.
#[tokio::test(start_paused = true)]
async fn silent_connections_do_not_stop_the_server() {
    let server = server().start().await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(server.local_addr()).await.unwrap());
    }
    assert_eq!(get(&server, "/").await.status(), 200);
}

#[tokio::test]
async fn after_shutdown_nothing_listens() {
    let server = server().start().await.unwrap();
    let address = server.local_addr();
    let idle = TcpStream::connect(address).await.unwrap();
    timeout(Duration::from_secs(20), server.shutdown()).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    drop(idle);
}

#[tokio::test]
async fn a_server_whose_handle_is_dropped_ends() {
    let server = server().start().await.unwrap();
    let address = server.local_addr();
    drop(server);
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), refused).await.unwrap();
}
