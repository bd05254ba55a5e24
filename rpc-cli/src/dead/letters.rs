//! Reads the dead letters of a queue, and leaves them there: in their order, as if nothing had happened, but for the
//! mark that they were delivered.
//!
//! They are consumed without being acknowledged. `basic.get` would give the same letter again and again, unless it
//! were kept unacknowledged as well.

use std::time::Duration;

use amqp_rpc_transport::{BrokerError, Connection, Consumer, DataChannel, Delivered};
use tokio::time::timeout;

use super::{
    again::renewed,
    letter::Letter,
    publish::{NotSent, Publish},
};
use crate::{connection, exit::Exit, failure::Failure, session::Session};

/// So many letters are on their way at a time, and each may be as large as [`MAX_BODY_BYTES`].
const WINDOW: u16 = 16;
/// The largest body that is read; our servers take no larger ones by default.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
/// No further letter comes when none came for so long: some have expired since they were counted.
const QUIET: Duration = Duration::from_secs(2);
/// How long the broker may take to put letters back.
const CLOSING: Duration = Duration::from_secs(5);
/// On a quorum queue the broker drops what was delivered too often: by default after 20 times. A letter that was read
/// so often is published anew.
const RENEWED_FROM: u64 = 8;

/// The dead letters of a queue. What was not taken goes back, when this is closed or dropped.
#[derive(Debug)]
pub(super) struct Letters {
    connection: Connection,
    channel: DataChannel,
    consumer: Option<Consumer>,
    queue: String,
    /// Letters that the present consumer has delivered, and that are not taken.
    held: u16,
    left: u32,
    kept: Vec<u64>,
    /// Publishes worn letters anew; opened with the first of them.
    renewer: Option<Publish>,
}

impl Letters {
    /// Connects, and counts the letters of `queue`, which is the queue of dead letters itself. Letters that come later
    /// are not read.
    ///
    /// # Errors
    /// When the broker cannot be reached, or there is no such queue.
    pub(super) async fn open(queue: &str, session: &Session) -> Result<Self, Failure> {
        let options = session.connect_options().await?;
        let connection = connection::direct(&options, session.place().await?, MAX_BODY_BYTES).await?;
        let looked_up = connection.queue_status(queue).await;
        let Some(status) = looked_up.map_err(|error| connection::broken(queue, &error))? else {
            return Err(Failure::new(Exit::Unroutable, format!("there is no queue {queue}"))
                .advice("a server declares it when it starts; --queue names another one"));
        };
        if status.consumers > 0 {
            session.note(format_args!("{queue} has {} consumers, which take letters too", status.consumers));
        }
        let channel = connection.open_data_channel().await;
        let channel = channel.map_err(|error| connection::broken(queue, &error))?;
        Ok(Self {
            connection,
            channel,
            consumer: None,
            queue: queue.to_owned(),
            held: 0,
            left: status.waiting,
            kept: Vec::new(),
            renewer: None,
        })
    }

    /// How many letters are left to read.
    pub(super) fn left(&self) -> u32 {
        self.left
    }

    /// The next letter, the oldest first. It is to be kept or taken before the next one.
    ///
    /// # Errors
    /// When the connection was lost, or the queue deleted: then what was not taken is where it was.
    pub(super) async fn next(&mut self) -> Result<Option<Box<Delivered>>, Failure> {
        if self.left == 0 {
            return Ok(None);
        }
        let consumer = match self.consumer.take().filter(|_| self.held < WINDOW) {
            Some(consumer) => consumer,
            // A consumer whose window is full gets no more. What it has delivered stays unacknowledged.
            None => {
                self.held = 0;
                let consuming = self.channel.consume(&self.queue, WINDOW).await;
                consuming.map_err(|error| self.broken(&error))?
            }
        };
        let consumer = self.consumer.insert(consumer);
        match timeout(QUIET, consumer.next()).await {
            Ok(Some(Ok(letter))) => {
                self.left -= 1;
                self.held += 1;
                Ok(Some(letter))
            }
            Ok(Some(Err(error))) => Err(self.broken(&error)),
            Ok(None) => Err(self.broken(&BrokerError::new(None, "the broker cancelled the consumer"))),
            Err(_) => Ok(None),
        }
    }

    /// Leaves a letter where it was; one that was delivered often is published anew at once, so that no more than one
    /// body is held here.
    ///
    /// # Errors
    /// When the connection was lost: then the letter is still there.
    pub(super) async fn keep(&mut self, letter: Box<Delivered>) -> Result<(), Failure> {
        let is_worn = Letter(&letter).earlier_deliveries() >= RENEWED_FROM && letter.refusal.is_none();
        if is_worn && self.renew(&letter).await? {
            return self.take(&letter);
        }
        self.kept.push(letter.tag);
        Ok(())
    }

    /// Whether the letter is in its queue once more. One that is not confirmed goes back as the others do.
    async fn renew(&mut self, letter: &Delivered) -> Result<bool, Failure> {
        let renewer = match self.renewer.take() {
            Some(renewer) => renewer,
            None => self.publisher(CLOSING).await?,
        };
        let (properties, body) = renewed(letter);
        let published = renewer.publish(&self.queue, &properties, &body).await;
        // A channel whose confirms stay out is not used again.
        if !matches!(published, Err(NotSent::Unknown(_))) {
            self.renewer = Some(renewer);
        }
        Ok(published.is_ok())
    }

    /// Takes a letter out of the queue.
    ///
    /// # Errors
    /// When the connection was lost: then it is still there.
    pub(super) fn take(&mut self, letter: &Delivered) -> Result<(), Failure> {
        self.held = self.held.saturating_sub(1);
        self.channel.ack(letter.tag).map_err(|error| self.broken(&error))
    }

    /// A channel to publish on.
    ///
    /// # Errors
    /// When the broker refuses it, or the connection was lost.
    pub(super) async fn publisher(&self, limit: Duration) -> Result<Publish, Failure> {
        Publish::open(&self.connection, limit).await.map_err(|error| self.broken(&error))
    }

    /// Puts back what was not taken, and waits until the broker has taken note of everything.
    ///
    /// # Errors
    /// When the connection was lost: then the broker puts everything back that was not taken.
    pub(super) async fn close(mut self) -> Result<(), Failure> {
        let closed = match timeout(CLOSING, self.put_back()).await {
            Ok(closed) => closed.map_err(|error| self.broken(&error)),
            Err(_) => Err(self.broken(&BrokerError::new(None, "the broker does not answer"))),
        };
        self.connection.close().await;
        closed
    }

    async fn put_back(&mut self) -> Result<(), BrokerError> {
        if let Some(mut consumer) = self.consumer.take() {
            // Else what is put back would be delivered again.
            self.channel.cancel(consumer.tag()).await?;
            while let Some(unread) = consumer.next().await {
                self.kept.push(unread?.tag);
            }
        }
        self.kept.sort_unstable();
        // Not by closing the channel: RabbitMQ 4.3 counts that towards the delivery limit, and this not.
        self.kept.iter().try_for_each(|tag| self.channel.requeue(*tag))?;
        self.channel.round_trip().await
    }

    fn broken(&self, error: &BrokerError) -> Failure {
        connection::broken(&self.queue, error)
    }
}
