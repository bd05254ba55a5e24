//! The administrator of a broker, and one HTTP request of theirs.

use std::{
    env, fmt,
    io::{self, Read, Write},
    net::TcpStream,
};

use serde_json::Value;

use crate::support::{uri::BrokerUri, wait::TIMEOUT};

/// An administrator with the address of the broker's API and of its AMQP port.
#[derive(Clone)]
pub(crate) struct Administrator {
    amqp: BrokerUri,
    authority: String,
    credentials: String,
}

/// The status and the body of a response.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    body: String,
}

impl Administrator {
    /// The administrator of the broker of `AMQP_URL` whom `AMQP_RPC_TEST_ADMIN` names, if it is set:
    /// `http://user:password@host:port`.
    pub(crate) fn of_this_run() -> Option<Self> {
        let url = env::var("AMQP_RPC_TEST_ADMIN").ok()?;
        let parts = url.strip_prefix("http://").and_then(|rest| rest.trim_end_matches('/').rsplit_once('@'));
        let (credentials, authority) = parts.expect("AMQP_RPC_TEST_ADMIN is http://user:password@host:port");
        let amqp = env::var("AMQP_URL").expect("AMQP_RPC_TEST_ADMIN administers the broker of AMQP_URL");
        Some(Self {
            amqp: BrokerUri::parse(&amqp),
            authority: authority.to_owned(),
            credentials: credentials.to_owned(),
        })
    }

    /// The AMQP address of the broker, with the user that tests connect as.
    pub(super) fn amqp(&self) -> &BrokerUri {
        &self.amqp
    }

    /// Sends a request that must succeed, and returns what the response says.
    pub(super) async fn demand(&self, method: &'static str, path: String, body: Value) -> Value {
        let request = format!("{method} {path}");
        let response = self.send(method, path, body).await;
        assert!((200..300).contains(&response.status), "{request}: {response:?}");
        response.json()
    }

    /// Sends a request that may be refused.
    pub(super) async fn send(&self, method: &'static str, path: String, body: Value) -> Response {
        let administrator = self.clone();
        let sent = tokio::task::spawn_blocking(move || administrator.send_blocking(method, &path, &body));
        let response = sent.await.expect("a request does not panic");
        response.unwrap_or_else(|error| panic!("the HTTP API at {}: {error}", self.authority))
    }

    /// Sends a request and blocks until its response is there: in `Drop` nothing can be awaited.
    pub(super) fn send_blocking(&self, method: &str, path: &str, body: &Value) -> io::Result<Response> {
        let mut stream = TcpStream::connect(&self.authority)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (host, credentials, length) = (&self.authority, base64(self.credentials.as_bytes()), body.len());
        // In HTTP 1.0 the end of the stream ends the response, so that no length has to be understood.
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nAuthorization: Basic {credentials}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes())?;
        let mut response = String::new();
        stream.read_to_string(&mut response)?;
        Response::parse(&response)
    }
}

impl fmt::Debug for Administrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Administrator").field("authority", &self.authority).finish_non_exhaustive()
    }
}

impl Response {
    /// `HTTP/1.1 200 OK`, header fields, an empty line, and the body.
    fn parse(response: &str) -> io::Result<Self> {
        let parts = response.split_once("\r\n\r\n").and_then(|(head, body)| {
            let status = head.split(' ').nth(1)?.parse().ok()?;
            Some(Self { status, body: body.to_owned() })
        });
        parts.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("no response: {response:?}")))
    }

    /// The body, `null` when it is empty.
    pub(super) fn json(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A name as one segment of a path.
pub(super) fn segment(name: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    name.bytes().map(escape).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | usize::from(chunk.get(at).copied().unwrap_or(0)));
        let digit = |at: usize| if at <= chunk.len() { DIGITS[bits >> (18 - 6 * at) & 63] } else { b'=' };
        [digit(0), digit(1), digit(2), digit(3)].map(char::from)
    };
    bytes.chunks(3).flat_map(group).collect()
}

#[test]
fn credentials_and_names_are_encoded() {
    assert_eq!(
        ["", "f", "fo", "foo", "guest:guest"].map(|text| base64(text.as_bytes())),
        ["", "Zg==", "Zm8=", "Zm9v", "Z3Vlc3Q6Z3Vlc3Q="]
    );
    assert_eq!(segment("127.0.0.1:5 -> ü/x"), "127.0.0.1%3A5%20-%3E%20%C3%BC%2Fx");
}
