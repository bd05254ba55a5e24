//! A request to the driver: HTTP on the loopback, one connection each.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// Longer than any command takes.
const LONGEST: Duration = Duration::from_secs(60);

pub(super) fn ask(port: u16, method: &str, path: &str, body: &Value) -> io::Result<Value> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(LONGEST))?;
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let length = body.len();
    stream.write_all(
        format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .as_bytes(),
    )?;
    read_answer(&mut stream)
}

/// The driver may leave the connection open: the length says where the answer ends.
fn read_answer(stream: &mut TcpStream) -> io::Result<Value> {
    let mut answer = Vec::new();
    let mut part = [0; 16 << 10];
    loop {
        if let Some(body) = complete_body(&answer) {
            return Ok(serde_json::from_slice(body)?);
        }
        let length = stream.read(&mut part)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        answer.extend_from_slice(&part[..length]);
    }
}

fn complete_body(answer: &[u8]) -> Option<&[u8]> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"))?;
    let length: usize = length.trim().parse().ok()?;
    answer.get(end + 4..end + 4 + length)
}
