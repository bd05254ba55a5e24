//! One value in each codec: the size of its body, and a call that sends it. The last call is compressed.
//!
//! Run: `cargo run -p amqp-rpc-examples --example codecs`. It brings its own broker unless `AMQP_URL` names yours.

#[path = "../broker/mod.rs"]
mod broker;

use amqp_rpc::{
    Client, Fault, Server,
    codec::{
        AnyCodec, Cbor, Codec, CodecError, Compression, Decoding, Encodable, Encoding, Json, MessagePack,
    },
    middleware::{self, IncomingCall, Next, Reply},
    rpc_service,
};
use broker::BrokerToUse;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Reading {
    sensor: String,
    celsius: f64,
    taken_at: u64,
    tags: Vec<String>,
}

/// Returns the readings that it receives.
#[rpc_service]
trait Weather {
    async fn report(&self, readings: Vec<Reading>) -> Vec<Reading>;
}

struct Station;

impl Weather for Station {
    async fn report(&self, readings: Vec<Reading>) -> Vec<Reading> {
        readings
    }
}

/// A custom codec: compact, for programs that share their types.
#[derive(Debug)]
struct Postcard;

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

/// Prints the size of each request, which is still encoded.
async fn print_size(call: IncomingCall, next: Next) -> Result<Reply, Fault> {
    let content_type = call.context().content_type().unwrap_or("none").to_owned();
    println!("{content_type:<22} {:>4} bytes", call.body().len());
    next.run(call).await
}

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let broker = BrokerToUse::find_or_start().await?;
    let server = Server::new().service(WeatherServer::new(Station)).codec(Postcard);
    let server = server.layer(middleware::from_fn(print_size)).start(broker.url()).await?;
    let client = Client::connect(broker.url()).await?;
    let weather = WeatherClient::new(client.clone());

    let readings: Vec<_> = (0..10)
        .map(|n: u8| Reading {
            sensor: format!("roof-{n}"),
            celsius: 20.5 + f64::from(n),
            taken_at: 1_795_261_203 + u64::from(n),
            tags: vec!["outdoor".into(), "north".into()],
        })
        .collect();
    let codecs: [AnyCodec; 4] = [Json.into(), MessagePack.into(), Cbor.into(), Postcard.into()];
    for codec in codecs {
        let repeated = weather.report(readings.clone()).codec(codec).await?;
        println!("{:<22} {} readings came back", "", repeated.len());
    }

    // The message on the broker is smaller; methods and layers see no difference.
    let packing = Compression::new(Encoding::Gzip).min_bytes(100);
    let packed = Client::builder().compression(packing).connect(broker.url()).await?;
    let repeated = WeatherClient::new(packed.clone()).report(readings.clone()).await?;
    println!("compressed on the way  {} readings came back", repeated.len());

    packed.close().await;
    client.close().await;
    server.shutdown().await?;
    Ok(())
}
