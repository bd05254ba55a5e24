//! One client's connection: handshake, then a reader and a writer until either ends.

mod assembly;
mod handshake;
mod link;
mod passengers;
mod reader;
mod wire;
mod writer;

use std::sync::Arc;

use amq_protocol::protocol::{
    AMQPClass,
    connection::{AMQPMethod, OpenOk},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::tcp::OwnedWriteHalf,
    time::timeout,
};

pub(crate) use assembly::Incoming;
pub(crate) use handshake::Capabilities;
pub(crate) use link::{Link, Outgoing};

use handshake::End;
use wire::Wire;

use crate::{
    codec::FrameReader,
    faults::{Direction, Tap},
    ids::ConnectionId,
    recorder::Peer,
    settings::HANDSHAKE,
    shared::Shared,
    vhost::{Command, Mailbox, NewSession},
};

/// The writing half of a socket that can also be aborted.
pub(crate) trait Sink: AsyncWrite + Send + Unpin {
    /// Gives the socket up, so that closing it is a reset: what is not sent yet is lost and the peer's next read fails.
    fn abort(self);
}

impl Sink for OwnedWriteHalf {
    fn abort(self) {
        // A socket that cannot be told is closed in the ordinary way, which ends the connection as well.
        let _ = self.as_ref().set_zero_linger();
        // Dropping it would say goodbye first.
        self.forget();
    }
}

/// Serves a connection to its end. Nothing that the peer sends or leaves out makes this fail: it ends.
pub(crate) async fn serve(read: impl AsyncRead + Send + Unpin, mut write: impl Sink, shared: Arc<Shared>) {
    let id = shared.next_connection();
    let peer = Peer::new(id.0);
    let mut heard = Tap::new(&shared.faults, &peer, Direction::FromClient);
    let mut said = Tap::new(&shared.faults, &peer, Direction::ToClient);
    let mut frames = FrameReader::new(read, handshake::FRAME_MIN);
    let wire = Wire::new(&mut frames, &mut write, &mut heard, &mut said);
    let agreement = match timeout(HANDSHAKE, handshake::run(wire, &shared, &peer)).await {
        Ok(Ok(agreement)) => agreement,
        Ok(Err(End::Reset)) => return write.abort(),
        Ok(Err(end)) => {
            tracing::debug!(%end, "a client did not get in");
            return;
        }
        Err(_) => {
            tracing::debug!("a client did not finish its handshake in {HANDSHAKE:?}");
            return;
        }
    };
    let (link, outgoing) = Link::new(id);
    let link = Arc::new(link);
    let _gone = Gone { id: link.id, vhost: agreement.vhost.clone() };
    // Written once the vhost knows the connection: who is in can be asked for.
    link.send(Outgoing::Method(0, AMQPClass::Connection(AMQPMethod::OpenOk(OpenOk {}))));
    agreement.vhost.send(Command::Open(Box::new(NewSession {
        link: Arc::clone(&link),
        user: agreement.user.clone(),
        name: agreement.connection_name.clone(),
        capabilities: agreement.capabilities,
        channel_max: agreement.channel_max,
    })));

    let reading = reader::Reader::new(frames, Arc::clone(&link), &agreement, &shared, heard).run();
    let writing = writer::Writer::new(write, link, outgoing, &agreement, said).run();
    // Whichever ends first ends the connection; the other one is dropped where it waits.
    tokio::select! {
        ended = reading => tracing::debug!(?ended, "reading ended"),
        ended = writing => tracing::debug!(?ended, "writing ended"),
    }
}

/// Tells the vhost that a connection is gone, however its task ends.
struct Gone {
    id: ConnectionId,
    vhost: Mailbox,
}

impl Drop for Gone {
    fn drop(&mut self) {
        self.vhost.send(Command::Gone(self.id));
    }
}
