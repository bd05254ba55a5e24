//! Bodies: codecs by content type, compression, raw bytes.

mod codecs;
mod compression;
mod foreign;
mod python;
mod raw;

use std::collections::BTreeMap;

use amqp_rpc::{
    Server,
    codec::{Codec, CodecError, Decoding, Encodable},
    rpc_service,
};
use lapin::BasicProperties;
use serde::{Deserialize, Serialize};

use crate::support::{Message, RawPeer, Vhost, within};

/// A service of people, some of whom it refuses.
#[rpc_service]
pub(crate) trait People {
    /// The same person, one year older.
    async fn birthday(&self, person: Person) -> Result<Person, Refused>;
    #[rpc(notify)]
    async fn greet(&self, person: Person) -> Result<(), String>;
    /// A map whose keys are no text, which only some codecs can write.
    async fn board(&self, columns: u8) -> BTreeMap<(u8, u8), String>;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) age: u8,
    pub(crate) tags: Vec<(String, i64)>,
}

impl Person {
    pub(crate) fn aged(age: u8) -> Self {
        Self { name: "Ada".into(), age, tags: vec![("born".into(), -1815)] }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Refused {
    TooOld { limit: u8 },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Registry;

impl People for Registry {
    async fn birthday(&self, person: Person) -> Result<Person, Refused> {
        if person.age > 100 {
            return Err(Refused::TooOld { limit: 100 });
        }
        Ok(Person { age: person.age + 1, ..person })
    }

    async fn greet(&self, person: Person) -> Result<(), String> {
        Err(format!("{} is not at home", person.name))
    }

    async fn board(&self, columns: u8) -> BTreeMap<(u8, u8), String> {
        (0..columns).map(|column| ((0, column), "pawn".to_owned())).collect()
    }
}

/// A server of [`People`] that speaks postcard as well.
pub(crate) fn registry() -> Server {
    Server::new().service(PeopleServer::new(Registry)).codec(Postcard)
}

/// A custom codec: compact, and both sides need the same types.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Postcard;

impl Codec for Postcard {
    fn content_type(&self) -> &'static str {
        "application/x-postcard"
    }

    fn encode(&self, value: Encodable<'_>) -> Result<Vec<u8>, CodecError> {
        Ok(postcard::to_allocvec(&value)?)
    }

    fn decode(&self, body: &[u8], value: Decoding<'_>) -> Result<(), CodecError> {
        let mut reader = postcard::Deserializer::from_bytes(body);
        value.read(&mut reader)?;
        match reader.finalize()? {
            [] => Ok(()),
            rest => Err(format!("{} bytes are left over", rest.len()).into()),
        }
    }
}

/// Publishes a request by hand, and returns the reply as it is on the wire.
pub(crate) async fn ask(vhost: &Vhost, method: &str, properties: BasicProperties, body: &[u8]) -> Message {
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let properties = properties.with_reply_to(replies.queue().into()).with_correlation_id("1".into());
    peer.publish("amqp-rpc", method, properties, body).await;
    within("the reply", replies.next()).await
}
