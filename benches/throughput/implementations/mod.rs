//! The implementations of all variants: one service, an echo of a number as JSON, served and called in five
//! ways, and one-way messages, published in two.

mod best_by_hand;
mod everyday_by_hand;
mod locked;
mod one_way_by_hand;
mod one_way_with_amqp_rpc;
mod with_amqp_rpc;

pub(crate) use with_amqp_rpc::{EchoClient, UnservedClient};

use std::{borrow::Cow, collections::HashMap};

use amqp_rpc_bench_harness::{apply_loads, serve};
use serde::{Deserialize, Serialize};

use crate::{
    Failure,
    role::{Role, Side},
    variant::Variant,
};

/// Serves, or applies loads, until the standard input ends.
pub(crate) async fn run(role: &Role) -> Result<(), Failure> {
    match (role.side, role.variant) {
        (Side::Server, Variant::AmqpRpc | Variant::Coalesced) => {
            serve(with_amqp_rpc::start(role).await?).await
        }
        (Side::Server, Variant::Locked | Variant::OneByOne) => serve(locked::start(role).await?).await,
        (Side::Client, Variant::Locked) => apply_loads(locked::Locked(locked::connect(role).await?)).await,
        (Side::Client, Variant::OneByOne) => {
            apply_loads(locked::OneByOne(locked::connect(role).await?)).await
        }
        (Side::Server, Variant::Best) => serve(best_by_hand::start(role).await?).await,
        (Side::Server, Variant::Spawn | Variant::Inline | Variant::Tutorial) => {
            serve(everyday_by_hand::start(role).await?).await
        }
        (Side::Server, Variant::Notify | Variant::NotifyBest | Variant::Event | Variant::EventBest) => {
            serve(one_way_with_amqp_rpc::start(role).await?).await
        }
        (Side::Client, Variant::AmqpRpc | Variant::Coalesced) => with_amqp_rpc::run_client(role).await,
        (Side::Client, Variant::Best) => apply_loads(best_by_hand::connect(role).await?).await,
        (Side::Client, Variant::Spawn | Variant::Inline | Variant::Tutorial) => {
            apply_loads(everyday_by_hand::connect(role).await?).await
        }
        (Side::Client, Variant::Notify | Variant::Event) => {
            apply_loads(one_way_with_amqp_rpc::connect(role).await?).await
        }
        (Side::Client, Variant::NotifyBest | Variant::EventBest) => {
            apply_loads(one_way_by_hand::connect(role).await?).await
        }
    }
}

/// The request of the variants by hand; the generated one is its equal.
#[derive(Serialize, Deserialize)]
struct EchoRequest {
    n: u64,
}

/// The method behind the variants by hand; that of the trait is its equal.
async fn echo(request: EchoRequest) -> u64 {
    request.n
}

const JSON: &str = "application/json";
/// Bodies of this type are echoed as they are.
const TEXT: &str = "text/plain";
/// Bodies of this type are texts as JSON: decoded and encoded on both sides, as those of this library.
const JSON_TEXT: &str = "text/json";

/// A text as a request of the variants by hand; that of a method with a text as its parameter is its equal.
#[derive(Serialize, Deserialize)]
struct TextRequest<Text> {
    text: Text,
}

/// How the variants by hand carry texts.
#[derive(Clone, Copy)]
struct Texts {
    as_json: bool,
}

impl Texts {
    /// The content type and the body of the request.
    fn encode(self, text: &str) -> Result<(&'static str, Cow<'_, [u8]>), Failure> {
        Ok(match self.as_json {
            true => (JSON_TEXT, serde_json::to_vec(&TextRequest { text })?.into()),
            false => (TEXT, text.as_bytes().into()),
        })
    }

    /// Returns whether the body of the answer is the text.
    fn is_answer(self, text: &str, body: &[u8]) -> Result<bool, Failure> {
        Ok(match self.as_json {
            true => serde_json::from_slice::<String>(body)? == text,
            false => body == text.as_bytes(),
        })
    }
}

/// The content type and the body of the answer to a request, with lapin by hand.
#[allow(clippy::disallowed_types, reason = "a delivery of the variants that speak AMQP by hand")]
async fn answer_to(request: &mut lapin::message::Delivery) -> Result<(&'static str, Vec<u8>), Failure> {
    let content_type = request.properties.content_type().as_ref();
    if content_type.is_some_and(|content_type| content_type.as_str() == TEXT) {
        return Ok((TEXT, std::mem::take(&mut request.data)));
    }
    if content_type.is_some_and(|content_type| content_type.as_str() == JSON_TEXT) {
        let TextRequest::<String> { text } = serde_json::from_slice(&request.data)?;
        return Ok((JSON_TEXT, serde_json::to_vec(&text)?));
    }
    let answer = echo(serde_json::from_slice::<EchoRequest>(&request.data)?).await;
    Ok((JSON, serde_json::to_vec(&answer)?))
}

/// The pending calls of a variant by hand.
type PendingCalls<Id> = std::sync::Mutex<HashMap<Id, tokio::sync::oneshot::Sender<Vec<u8>>>>;
