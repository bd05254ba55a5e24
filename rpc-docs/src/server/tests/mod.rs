//! The server as those see it that send it requests: over a socket, byte by byte.

mod connections;
mod documents;
mod refusals;

use amqp_rpc_contract::description::ServiceDescription;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{DocsServer, RunningDocsServer};
use crate::asyncapi::Info;

fn server() -> DocsServer {
    let service: ServiceDescription = serde_json::from_value(json!({ "service": "fib", "methods": [{
        "name": "compute", "full_name": "fib.compute", "kind": "call", "exchange": "amqp-rpc",
        "routing_key": "fib.compute", "queue": "fib", "reply": {},
    }] }))
    .unwrap();
    DocsServer::new(vec![service], Info::new("Numbers", "1.2.0"))
}

/// An answer: the head and the body.
#[derive(Debug)]
struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or_else(|| panic!("{self:?}"))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Sends these bytes, and reads to the end.
async fn raw(server: &RunningDocsServer, request: &str) -> Answer {
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {answer:?}"));
    Answer { head: head.to_owned(), body: body.to_owned() }
}

/// A request as a browser sends it, with these lines in its head.
async fn request(server: &RunningDocsServer, method: &str, path: &str, lines: &str, body: &str) -> Answer {
    let host = if lines.to_lowercase().contains("host:") {
        String::new()
    } else {
        format!("Host: {}\r\n", server.local_addr())
    };
    let length = if method == "POST" { format!("Content-Length: {}\r\n", body.len()) } else { String::new() };
    raw(server, &format!("{method} {path} HTTP/1.1\r\n{host}{length}{lines}\r\n{body}")).await
}

async fn get(server: &RunningDocsServer, path: &str) -> Answer {
    request(server, "GET", path, "", "").await
}
