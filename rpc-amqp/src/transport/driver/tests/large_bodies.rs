//! Bodies that are larger than what is read at once.

use tokio::io::AsyncWriteExt;

use super::{Scene, delivery_in_frames, within};

#[tokio::test]
async fn large_bodies_arrive_whole_between_small_ones_however_they_are_cut() {
    const SIZES: [usize; 9] = [1_000_000, 3, 400_000, 100_000, 131_064, 0, 131_065, 17_000, 1 << 20];
    for (piece, frame_max) in
        [(usize::MAX, 128 * 1024), (70_001, 128 * 1024), (1_500, 128 * 1024), (9_999, 20_000)]
    {
        let Scene { mut peer, shared, lapin, .. } = Scene::set().await;
        let mut received = shared.channels.get(1).expect("it is open").add_consumer("consumer");
        let body =
            |tag: u64, size: usize| -> Vec<u8> { (0..size).map(|at| (at as u64 * 31 + tag) as u8).collect() };
        let mut bytes = Vec::new();
        for (tag, size) in (1..).zip(SIZES) {
            bytes.extend(delivery_in_frames(frame_max, tag, &body(tag, size)));
        }
        let sending = tokio::spawn(async move {
            for piece in bytes.chunks(piece) {
                peer.write_all(piece).await.expect("it is read");
                tokio::task::yield_now().await;
            }
            peer
        });
        for (tag, size) in (1..).zip(SIZES) {
            let delivered = within(received.recv()).await.expect("it is open").expect("it is delivered");
            assert_eq!((delivered.tag, delivered.body.len()), (tag, size), "in pieces of {piece}");
            assert!(delivered.body == body(tag, size));
        }
        within(sending).await.expect("it does not panic");
        drop(lapin);
    }
}

#[tokio::test]
async fn more_body_than_was_announced_ends_the_connection() {
    let mut scene = Scene::set().await;
    let mut received = scene.shared.channels.get(1).expect("it is open").add_consumer("consumer");
    let mut bytes = delivery_in_frames(128 * 1024, 1, &[7; 100_000]);
    // The content header announces one byte less.
    let header = bytes.windows(4).position(|bytes| bytes == [0, 60, 0, 0]).expect("it has one");
    bytes[header + 4..header + 12].copy_from_slice(&99_999u64.to_be_bytes());
    for piece in bytes.chunks(9_000) {
        scene.peer.write_all(piece).await.expect("it is read");
        tokio::task::yield_now().await;
    }
    let end = async {
        loop {
            if let Err(error) = received.recv().await.expect("it is told") {
                return error;
            }
        }
    };
    let end = within(end).await;
    assert!(end.message().contains("body"), "{end:?}");
}
