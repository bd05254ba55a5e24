//! The driver with a peer on the loopback interface that speaks bytes.

mod large_bodies;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};

use super::*;
use crate::{
    encode::{BodySource, Message, PropertySource, write_message},
    message::Properties,
    transport::{
        channels::Received,
        inbound::{Findings, Parser},
        outbound::NotQueued,
        pipe::LapinStream,
    },
};

const LIMIT: Duration = Duration::from_secs(20);
const OPEN_OK: &[u8] = &[1, 0, 1, 0, 0, 0, 8, 0, 20, 0, 11, 0, 0, 0, 0, 0xCE];
const CLOSE: &[u8] = &[1, 0, 0, 0, 0, 0, 11, 0, 10, 0, 50, 0, 200, 0, 0, 0, 0, 0, 0xCE];

/// A driver with its peer, and channel 1 open.
struct Scene {
    peer: TcpStream,
    shared: Shared,
    lapin: LapinStream,
    driver: JoinHandle<()>,
}

impl Scene {
    async fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let connected = TcpStream::connect(address).await.expect("it listens");
        let (mut peer, _) = listener.accept().await.expect("it is connected");
        let shared = Shared::new(Arc::default());
        let parser = Parser::new(Arc::new(Findings::default()), Arc::clone(&shared.channels), 1 << 20, 0);
        let mut lapin = LapinStream::new(Arc::clone(&shared.pipe), Arc::clone(&shared.channels));
        let driver = tokio::spawn(Driver::new(Socket::plain(connected), parser, shared.clone()));
        peer.write_all(OPEN_OK).await.expect("it is read");
        let mut passed = [0; OPEN_OK.len()];
        within(lapin.read_exact(&mut passed)).await.expect("lapin gets it");
        assert_eq!(passed, OPEN_OK);
        lapin.write_all(b"AMQP\x00\x00\x09\x01").await.expect("it is queued");
        within(peer.read_exact(&mut [0; 8])).await.expect("it is written");
        Self { peer, shared, lapin, driver }
    }

    fn publish(&self, body: &[u8]) -> Result<(), NotQueued> {
        let body = Bytes::copy_from_slice(body);
        with_message(BodySource::Shared(&body), |message| self.shared.outbound.publish(1, message, None))
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(LIMIT, future).await.expect("it does not hang")
}

fn with_message<T>(body: BodySource<'_>, work: impl FnOnce(&Message<'_>) -> T) -> T {
    let properties = Properties::default();
    let properties = PropertySource::Plain(&properties);
    work(&Message { exchange: "", routing_key: "queue", mandatory: false, properties, body })
}

/// Appends a message on channel 1.
fn write(frames: &mut FrameBuffer, frame_max: usize, body: &[u8]) {
    let write = |message: &Message<'_>| write_message(frames, 1, frame_max, message);
    with_message(BodySource::Copied(body), write).expect("it is valid");
}

/// A delivery to `consumer`, as a broker sends it.
fn delivery(tag: u64, body: &[u8]) -> Vec<u8> {
    delivery_in_frames(4096, tag, body)
}

fn delivery_in_frames(frame_max: usize, tag: u64, body: &[u8]) -> Vec<u8> {
    let mut method = vec![0, 60, 0, 60, 8];
    method.extend_from_slice(b"consumer");
    method.extend_from_slice(&tag.to_be_bytes());
    method.extend_from_slice(&[0, 0, 3]);
    method.extend_from_slice(b"key");
    let mut bytes = vec![1, 0, 1, 0, 0, 0, u8::try_from(method.len()).expect("it is short")];
    bytes.extend_from_slice(&method);
    bytes.push(0xCE);
    let mut published = FrameBuffer::default();
    write(&mut published, frame_max, body);
    let published = published.to_vec();
    // Content header and body are the same in both directions.
    let header = published.iter().position(|byte| *byte == 0xCE).expect("it has frames") + 1;
    bytes.extend_from_slice(&published[header..]);
    bytes
}

fn is_end(received: &Received, text: &str) -> bool {
    received.as_ref().is_err_and(|error| error.message().contains(text))
}

#[tokio::test]
async fn a_peer_that_reads_slowly_gets_everything_whole_and_in_order() {
    const BODY: usize = 3_000_000;
    for frame_max in [4096, 128 * 1024] {
        gets_everything(frame_max, BODY).await;
    }
}

async fn gets_everything(frame_max: u32, body_bytes: usize) {
    let mut scene = Scene::set().await;
    scene.shared.outbound.tune(frame_max);
    let mut expected = FrameBuffer::default();
    for number in 0..4u8 {
        let body = vec![number; body_bytes];
        scene.publish(&body).expect("it is open");
        write(&mut expected, frame_max as usize, &body);
    }
    let expected = expected.to_vec();
    // More than the buffers of two sockets hold.
    tokio::task::yield_now().await;
    assert!(scene.shared.outbound.unwritten() > body_bytes, "the peer has not read it");
    let mut read = vec![0; expected.len()];
    for piece in read.chunks_mut(100_000) {
        within(scene.peer.read_exact(piece)).await.expect("it is written");
    }
    assert!(read == expected);
    assert_eq!(scene.shared.outbound.unwritten(), 0);
}

#[tokio::test]
async fn what_is_queued_before_lapin_closes_the_connection_is_written_and_nothing_after_it() {
    let mut scene = Scene::set().await;
    let mut expected = FrameBuffer::default();
    for _ in 0..50 {
        scene.publish(&[7; 10_000]).expect("it is open");
        write(&mut expected, 4096, &[7; 10_000]);
    }
    scene.lapin.write_all(CLOSE).await.expect("it is queued");
    let expected = [expected.to_vec(), CLOSE.to_vec()].concat();
    assert!(matches!(scene.publish(b"late"), Err(NotQueued::Closed)));
    drop(scene.lapin);
    let mut read = Vec::new();
    within(scene.peer.read_to_end(&mut read)).await.expect("it ends");
    assert!(read == expected);
    within(scene.driver).await.expect("it does not panic");
    assert_eq!(within(scene.shared.channels.ended()).await.message(), "the connection is closed");
    within(scene.shared.cutoff.ended()).await;
}

#[tokio::test]
async fn a_connection_that_lapin_gives_up_says_so() {
    let scene = Scene::set().await;
    drop(scene.lapin);
    let reason = within(scene.shared.channels.ended()).await;
    assert_eq!(reason.message(), "lapin gave up the connection; it logs the reason at `ERROR`");
    assert_eq!(given_up(SILENCE).to_string(), "the broker sent no heartbeat in time");
}

#[tokio::test]
async fn a_silent_peer_that_does_not_read_either_is_noticed_all_the_same() {
    let scene = Scene::set().await;
    scene.publish(&[0; 20_000_000]).expect("it is open");
    tokio::task::yield_now().await;
    scene.publish(b"queued behind it").expect("it is open");
    tokio::task::yield_now().await;
    assert!(scene.shared.outbound.unwritten() > 1_000_000, "the peer does not read");
    drop(scene.lapin);
    within(scene.shared.channels.ended()).await;
    drop(scene.peer);
}

#[tokio::test]
async fn a_peer_that_does_not_read_delays_the_end_of_a_closed_connection_for_seconds_only() {
    let mut scene = Scene::set().await;
    scene.publish(&[0; 20_000_000]).expect("it is open");
    scene.lapin.write_all(CLOSE).await.expect("it is queued");
    tokio::time::pause();
    drop(scene.lapin);
    within(scene.driver).await.expect("it does not panic");
    assert!(scene.shared.channels.has_ended());
    drop(scene.peer);
}

#[tokio::test]
async fn lapin_gets_heartbeats_while_only_messages_come() {
    let mut scene = Scene::set().await;
    let channel = scene.shared.channels.get(1).expect("it is open");
    let mut received = channel.add_consumer("consumer");
    let mut for_lapin = [0; HEARTBEAT.len()];
    let fed = scene.lapin.read_exact(&mut for_lapin);
    let sent = async {
        for tag in 1.. {
            scene.peer.write_all(&delivery(tag, b"body")).await.expect("it is read");
            let delivered = received.recv().await.expect("it is open").expect("it is delivered");
            assert_eq!((delivered.tag, &delivered.body[..]), (tag, &b"body"[..]));
        }
    };
    within(async {
        tokio::select! { fed = fed => fed.expect("it is a whole one"), () = sent => {} }
    })
    .await;
    assert_eq!(for_lapin, HEARTBEAT);
}

#[tokio::test]
async fn a_peer_that_ends_in_the_middle_of_a_message_delivers_only_whole_ones() {
    let mut scene = Scene::set().await;
    let channel = scene.shared.channels.get(1).expect("it is open");
    let mut received = channel.add_consumer("consumer");
    let (whole, mut half) = (delivery(1, b"whole"), delivery(2, &[7; 10_000]));
    half.truncate(half.len() - 2);
    scene.peer.write_all(&[whole, half].concat()).await.expect("it is read");
    scene.peer.shutdown().await.expect("it is connected");
    assert_eq!(within(received.recv()).await.expect("it is open").expect("it is delivered").body, "whole");
    let end = within(received.recv()).await.expect("it is told");
    assert!(is_end(&end, "the broker has ended the connection without a reason"));
    assert!(within(received.recv()).await.is_none());
    assert!(matches!(scene.publish(b""), Err(NotQueued::Closed)));
    assert!(!channel.is_open());
    assert_eq!(within(scene.lapin.read(&mut [0; 10])).await.expect("it is no error"), 0);
    assert!(scene.lapin.write_all(b"x").await.is_err());
}

#[tokio::test]
async fn bytes_that_violate_amqp_end_the_connection_with_the_reason() {
    let mut scene = Scene::set().await;
    let mut received = scene.shared.channels.get(1).expect("it is open").add_consumer("consumer");
    scene.peer.write_all(&[delivery(1, b"whole"), b"nonsense".to_vec()].concat()).await.expect("it is read");
    assert!(within(received.recv()).await.expect("it is open").is_ok());
    let end = within(received.recv()).await.expect("it is told");
    assert!(is_end(&end, "the bytes received are not an AMQP frame"));
    let error = within(scene.lapin.read(&mut [0; 10])).await.expect_err("lapin gets the error");
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}

#[tokio::test]
async fn an_aborted_connection_ends_although_the_peer_neither_reads_nor_sends() {
    let scene = Scene::set().await;
    scene.publish(&[0; 20_000_000]).expect("it is open");
    tokio::task::yield_now().await;
    scene.shared.cutoff.abort();
    assert_eq!(within(scene.shared.channels.ended()).await.message(), "the connection was aborted");
    within(scene.shared.cutoff.ended()).await;
    assert_eq!(scene.shared.outbound.unwritten(), 0);
    drop(scene.peer);
}

#[tokio::test]
async fn what_lapin_does_not_read_is_bounded_and_not_lost() {
    const FRAMES: usize = 200_000;
    const QOS_OK: [u8; 12] = [1, 0, 1, 0, 0, 0, 4, 0, 60, 0, 11, 0xCE];
    let Scene { mut peer, shared, mut lapin, driver } = Scene::set().await;
    let sending = tokio::spawn(async move {
        peer.write_all(&QOS_OK.repeat(FRAMES)).await.expect("it is read at last");
        peer
    });
    within(async {
        while !shared.pipe.is_full() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mut read = vec![0; QOS_OK.len() * FRAMES];
    within(lapin.read_exact(&mut read)).await.expect("nothing is lost");
    assert!(read == QOS_OK.repeat(FRAMES));
    within(sending).await.expect("it does not panic");
    drop(driver);
}

#[test]
fn a_runtime_that_ends_takes_its_connections_with_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("it starts");
    let scene = runtime.block_on(Scene::set());
    let channel = scene.shared.channels.get(1).expect("it is open");
    let mut received = channel.add_consumer("consumer");
    drop(runtime);
    assert!(scene.shared.channels.has_ended());
    assert!(received.try_recv().expect("it is told").is_err());
    assert!(matches!(scene.publish(b""), Err(NotQueued::Closed)));
}
