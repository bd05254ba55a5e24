//! Records what travels between clients and the broker, for tests to read and assert on.
//!
//! ```
//! use amqp_rpc_broker::{Broker, faults::{Event, Method}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
//! let broker = Broker::start().await?;
//! let recording = broker.record();
//! // … a service is called …
//! # if false {
//! recording.until(&Event::from_client(Method::BasicAck)).await; // give it a timeout in a test
//! recording.frames().assert_in_order(&[
//!     Event::to_client(Method::BasicDeliver).routing_key("fib"), // the server gets the request,
//!     Event::from_client(Method::BasicPublish).connection("server"), // replies,
//!     Event::from_client(Method::BasicAck).connection("server"), // and only then acknowledges
//! ]);
//! # }
//! println!("{}", recording.frames());
//! # Ok(())
//! # }
//! ```

mod details;
mod frames;
mod line;
mod observed;

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

pub use frames::Frames;
pub use observed::Observed;
pub(crate) use observed::{Payload, Peer};

use crate::faults::{Event, Faults};

/// How many a recording keeps, when nothing else is said.
pub(crate) const KEPT: usize = 10_000;
/// How many bytes of content a recording keeps.
const KEPT_BYTES: usize = 64 * 1024 * 1024;

/// Everything between the clients and the broker since it was made, until it is dropped.
///
/// A frame of a client is recorded when it arrives, one for a client when it is written: before rules have changed what becomes of it,
/// and with [what they did](Observed::actions). What is injected is not recorded.
///
/// It keeps the newest 10,000 and at most 64 MiB of content; [`Frames::dropped`] says how many it let go.
#[must_use = "dropping it ends the recording"]
pub struct Recording {
    tape: Arc<Tape>,
    faults: Arc<Faults>,
}

impl Recording {
    pub(crate) fn start(faults: Arc<Faults>, kept: usize) -> Self {
        let tape = Arc::new(Tape { kept, strip: Mutex::default(), recorded: watch::Sender::new(0) });
        faults.add_tape(Arc::clone(&tape));
        Self { tape, faults }
    }

    /// What was recorded until now.
    #[must_use]
    pub fn frames(&self) -> Frames {
        let strip = self.tape.lock();
        Frames { frames: strip.frames.iter().cloned().collect(), dropped: strip.dropped }
    }

    /// Waits until something that fits was recorded, and returns the oldest. Counts such as [`Event::nth`] do not matter. It waits for
    /// ever when nothing comes: give it a timeout.
    pub async fn until(&self, event: &Event) -> Observed {
        let mut recorded = self.tape.recorded.subscribe();
        loop {
            recorded.borrow_and_update();
            if let Some(observed) = self.frames().iter().find(|observed| event.fits(observed)) {
                return observed.clone();
            }
            // The tape, and with it the sender, lives as long as `self`.
            let _ = recorded.changed().await;
        }
    }

    /// Forgets what was recorded until now.
    pub fn clear(&self) {
        *self.tape.lock() = Strip::default();
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("frames", &self.tape.lock().frames.len()).finish_non_exhaustive()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.faults.remove_tape(&self.tape);
    }
}

/// What connections write on.
#[derive(Debug)]
pub(crate) struct Tape {
    kept: usize,
    strip: Mutex<Strip>,
    /// How many were recorded, for those who wait.
    recorded: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Strip {
    frames: VecDeque<Observed>,
    bytes: usize,
    dropped: usize,
}

impl Tape {
    pub(crate) fn record(&self, observed: Observed) {
        let mut strip = self.lock();
        strip.bytes += observed.size();
        strip.frames.push_back(observed);
        while strip.frames.len() > self.kept || strip.bytes > KEPT_BYTES {
            let Some(oldest) = strip.frames.pop_front() else { break };
            strip.bytes -= oldest.size();
            strip.dropped += 1;
        }
        drop(strip);
        self.recorded.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Strip> {
        // Nothing panics between the steps of what is done under it.
        self.strip.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
