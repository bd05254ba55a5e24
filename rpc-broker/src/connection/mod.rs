//! A client's connection: handshake, then a reader and a writer until either ends.

mod assembly;
mod blocking;
mod handshake;
mod intercepted;
mod reader;
mod sink;
mod writer;

use std::sync::Arc;

use amq_protocol::protocol::{
    AMQPClass,
    connection::{AMQPMethod, OpenOk},
};
use tokio::{io::AsyncRead, sync::mpsc, time::timeout};

use handshake::{HandshakeError, HandshakeStream, Negotiated};
use sink::Sink;

use crate::{
    codec::FrameReader,
    ids::ConnectionId,
    interception::{Direction, Interceptor, Peer},
    protocol::{Outgoing, OutgoingQueue},
    settings::{FRAME_MIN_SIZE, HANDSHAKE_TIMEOUT},
    shared::Shared,
    vhost::{Command, Mailbox, NewSession, VhostRegistry},
};

/// Serves a connection until it ends. No behaviour of the client is an error here: it ends the connection.
pub(crate) async fn serve(
    read: impl AsyncRead + Send + Unpin,
    mut write: impl Sink,
    shared: Arc<Shared>,
    vhosts: Arc<VhostRegistry>,
) {
    let id = shared.next_connection();
    let peer = Peer::new(id.0);
    let mut read_interceptor = Interceptor::new(&shared.faults, &peer, Direction::FromClient);
    let mut write_interceptor = Interceptor::new(&shared.faults, &peer, Direction::ToClient);
    let mut frames = FrameReader::new(read, FRAME_MIN_SIZE);
    let stream = HandshakeStream::new(&mut frames, &mut write, &mut read_interceptor, &mut write_interceptor);
    let negotiated = match timeout(HANDSHAKE_TIMEOUT, handshake::run(stream, &shared, &vhosts, &peer)).await {
        Ok(Ok(negotiated)) => negotiated,
        Ok(Err(HandshakeError::ResetByRule)) => return write.abort(),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a handshake failed");
            return;
        }
        Err(_) => {
            tracing::debug!("a handshake did not finish within {HANDSHAKE_TIMEOUT:?}");
            return;
        }
    };
    let (queue, outgoing) = open(id, &negotiated);
    let _disconnect = DisconnectGuard { id, vhost: negotiated.vhost.clone() };

    let reading =
        reader::Reader::new(frames, Arc::clone(&queue), &negotiated, &shared, read_interceptor).run();
    let writing = writer::Writer::new(write, queue, outgoing, &negotiated, write_interceptor).run();
    // Either of them ends the connection; the other one is dropped where it waits.
    tokio::select! {
        ended = reading => tracing::debug!(?ended, "reading ended"),
        ended = writing => tracing::debug!(?ended, "writing ended"),
    }
}

/// Announces the connection to its virtual host, and confirms `connection.open`.
fn open(
    id: ConnectionId,
    negotiated: &Negotiated,
) -> (Arc<OutgoingQueue>, mpsc::UnboundedReceiver<Outgoing>) {
    let (queue, outgoing) = OutgoingQueue::new(id);
    let queue = Arc::new(queue);
    // Written once the virtual host knows the connection: a client that has read open-ok is listed.
    queue.send(Outgoing::Method(0, AMQPClass::Connection(AMQPMethod::OpenOk(OpenOk {}))));
    negotiated.vhost.send(Command::Open(Box::new(NewSession {
        outgoing: Arc::clone(&queue),
        user: negotiated.user.clone(),
        name: negotiated.connection_name.clone(),
        capabilities: negotiated.capabilities,
        channel_max: negotiated.channel_max,
    })));
    (queue, outgoing)
}

/// Reports to the virtual host that a connection has ended, in whatever way its task ends.
struct DisconnectGuard {
    id: ConnectionId,
    vhost: Mailbox,
}

impl Drop for DisconnectGuard {
    fn drop(&mut self) {
        self.vhost.send(Command::Disconnected(self.id));
    }
}
