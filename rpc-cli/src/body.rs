//! The bodies of requests, and how they are sent.

use std::io::Read;

use amqp_rpc::codec::{AnyCodec, Cbor, Json, MessagePack};
use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::failure::Failure;

/// The largest body that is read.
pub(crate) const MAX_BODY_BYTES: u64 = 16 * 1024 * 1024;

/// How a request is sent.
#[derive(Clone, Debug, Args)]
pub(crate) struct RequestArgs {
    /// Adds a header. May be given several times.
    #[arg(short = 'H', long = "header", value_name = "NAME=VALUE", value_parser = header)]
    pub(crate) headers: Vec<(String, String)>,
    /// What the body is written in, and with it the reply.
    #[arg(long, value_enum, default_value = "json")]
    pub(crate) codec: Codec,
    /// Send the body as it is, and print the reply as it is.
    #[arg(long)]
    pub(crate) raw: bool,
    /// The content type of a raw body. Default: application/octet-stream.
    #[arg(long, value_name = "TYPE", requires = "raw")]
    pub(crate) content_type: Option<String>,
    /// Do not compare the body with the contract before it is sent.
    #[arg(long)]
    pub(crate) no_check: bool,
    /// Publish under this routing key, in place of the contract's.
    #[arg(long, value_name = "KEY")]
    pub(crate) routing_key: Option<String>,
}

/// What a body is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Codec {
    Json,
    Msgpack,
    Cbor,
}

impl From<Codec> for AnyCodec {
    fn from(codec: Codec) -> Self {
        match codec {
            Codec::Json => Json.into(),
            Codec::Msgpack => MessagePack.into(),
            Codec::Cbor => Cbor.into(),
        }
    }
}

/// `NAME=VALUE`. A value may have further equals signs.
fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// A body that was read.
#[derive(Debug)]
pub(crate) enum Body {
    /// To be compared with the contract, and written in a codec.
    Json(Value),
    /// To be sent as it is.
    Raw(Vec<u8>),
}

impl Body {
    /// Reads a body argument, before anything is connected to.
    ///
    /// # Errors
    /// When it cannot be read, or should be JSON and is not.
    pub(crate) fn read(argument: Option<&str>, is_raw: bool) -> Result<Self, Failure> {
        let bytes = bytes(argument)?;
        if is_raw { Ok(Self::Raw(bytes)) } else { parse(&bytes).map(Self::Json) }
    }
}

/// The bytes of a body argument: JSON as it is, `@file`, `-` for stdin, and nothing for an object without members.
///
/// # Errors
/// When the file or stdin cannot be read, or is larger than 16 MiB.
fn bytes(argument: Option<&str>) -> Result<Vec<u8>, Failure> {
    let Some(argument) = argument else { return Ok(b"{}".to_vec()) };
    if argument == "-" {
        return limited(std::io::stdin(), "stdin");
    }
    let Some(path) = argument.strip_prefix('@') else { return Ok(argument.as_bytes().to_vec()) };
    let file = std::fs::File::open(path).map_err(|error| {
        Failure::usage(format!("{path}: {error}")).advice("write the body as JSON, @file or -")
    })?;
    limited(file, path)
}

/// The JSON of a body.
///
/// # Errors
/// When it is no JSON.
pub(crate) fn parse(body: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        Failure::usage(format!("the body is no JSON: {error}"))
            .advice("write an object in single quotes, such as '{\"n\": 30}', or @file, or - for stdin")
    })
}

/// Reads all of it, but no more than [`MAX_BODY_BYTES`].
pub(crate) fn limited(source: impl Read, name: &str) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    let read = source.take(MAX_BODY_BYTES + 1).read_to_end(&mut body);
    read.map_err(|error| Failure::usage(format!("{name}: {error}")))?;
    if body.len() as u64 > MAX_BODY_BYTES {
        return Err(Failure::usage(format!("{name} has more than {MAX_BODY_BYTES} bytes")));
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_json_or_a_file_or_nothing() {
        let value = |argument| parse(&bytes(argument)?);
        assert_eq!(value(Some("[1]")).unwrap(), json!([1]));
        assert_eq!(value(None).unwrap(), json!({}));
        let manifest = concat!("@", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert!(String::from_utf8(bytes(Some(manifest)).unwrap()).unwrap().contains("amqp-rpc-cli"));
        assert!(value(Some(manifest)).unwrap_err().to_string().contains("no JSON"));
        assert!(value(Some("@/nowhere")).unwrap_err().to_string().contains("/nowhere"));
    }

    #[test]
    fn more_than_the_limit_is_not_read() {
        let error = limited(std::io::repeat(b' '), "it").unwrap_err();
        assert!(error.to_string().contains("more than"), "{error}");
    }

    #[test]
    fn a_header_is_a_name_and_a_value() {
        assert_eq!(header("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(header("a").is_err() && header("=b").is_err());
    }
}
