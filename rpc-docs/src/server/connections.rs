//! The connections: how many there are, how long they last, and how they end.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    select,
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

/// The connections that are served at once; others wait in the backlog of the socket.
const CONNECTIONS: usize = 64;
/// How long the head of a request may take.
const HEADERS: Duration = Duration::from_secs(10);
/// How long a request and its answer may take to be transferred.
pub(super) const TRANSFER: Duration = Duration::from_secs(30);
/// How long requests have to end when the server is shut down.
const GRACE: Duration = Duration::from_secs(5);
/// The bytes that are buffered of a connection: of a head in particular.
const BUFFER: usize = 32 << 10;
/// Until the next connection is accepted when there are no file descriptors left, say.
const AFTER_AN_ERROR: Duration = Duration::from_millis(100);

/// Serves connections until `stop` is true, and those that have begun to their end.
///
/// A connection has one request, and ends after `longest`.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    longest: Duration,
    mut stop: watch::Receiver<bool>,
) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = select! {
            accepted = accept(&listener, &slots) => accepted,
            () = stopped(&mut stop) => break,
        };
        while connections.try_join_next().is_some() {}
        let Some((stream, slot)) = accepted else {
            sleep(AFTER_AN_ERROR).await;
            continue;
        };
        let (router, stop) = (router.clone(), stop.clone());
        connections.spawn(async move {
            // What failed is the peer's matter: it is gone, slow, or speaks no HTTP.
            let _ = timeout(longest, connection(stream, router, stop)).await;
            drop(slot);
        });
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    // Those that last longer are aborted with the set.
    let _ = timeout(GRACE, ended).await;
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let slot = slots.clone().acquire_owned().await.ok()?;
    let accepted: Result<(TcpStream, SocketAddr), _> = listener.accept().await;
    accepted.ok().map(|(stream, _)| (stream, slot))
}

async fn connection(stream: TcpStream, router: Router, mut stop: watch::Receiver<bool>) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(BUFFER)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let ended = select! {
        ended = connection.as_mut() => Some(ended),
        () = stopped(&mut stop) => None,
    };
    if ended.is_none() {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// Also when the handle is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
