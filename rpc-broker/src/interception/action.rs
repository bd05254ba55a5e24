//! The actions of rules on methods.

use std::time::Duration;

/// The action of a rule on a method on the wire.
///
/// A method from a client is changed before the broker handles it, and a method to a client just before it is
/// written. A method with content (publish, deliver, return, get-ok) and its content are one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Changes nothing: the rule only counts, so that a test can wait for a method.
    Pass,
    /// Loses the method: the receiver never gets it. A publish in confirm mode takes its sequence number with
    /// it, so that the broker's later confirms are one behind the client's count, which no network causes.
    /// Use [`Nack`](Self::Nack) or held confirms there.
    Drop,
    /// Delays the method and everything behind it on this connection in this direction, as a slow network
    /// does: methods that arrive together are late together. Other connections are not delayed.
    Delay(Duration),
    /// Passes the method on twice.
    Duplicate,
    /// Swaps the method with the next one on this connection in this direction. It waits until that one
    /// comes.
    Reorder,
    /// Stops this direction of the connection at this method until the rule is removed; then everything
    /// passes, in order. Use it to hold a broker at a point for as long as a test needs. A connection that is
    /// closed or reset while its requests are stopped ends when they pass again. A client whose frames do not
    /// arrive misses its heartbeats, if it has any.
    Stall,
    /// Loses the method and closes its channel with this reply code and text; on channel 0, the connection.
    CloseChannel(u16, String),
    /// Loses the method and closes the connection with this reply code and text.
    CloseConnection(u16, String),
    /// Loses the method and resets the TCP connection, without `connection.close`.
    Reset,
    /// Lets the method take effect, then breaks the connection without `connection.close`: a crash point. A
    /// request is handled, nothing that the client sent behind it is, and the connection is reset. A method
    /// to the client is written, nothing behind it is, and what the client sends afterwards is ignored; the
    /// client reads the end of the stream, as when a broker's process dies.
    BreakAfter,
    /// Writes only this many bytes of the method's frames to the client, then ends the stream. A method from
    /// a client is lost, as with [`Reset`](Self::Reset).
    Truncate(usize),
    /// Refuses a publish: the message is not routed, and a channel in confirm mode gets `basic.nack`.
    /// Anything else passes.
    Nack,
    /// Writes these bytes to the client before the method; for a request, before the request is handled.
    InjectBefore(Vec<u8>),
    /// Writes these bytes to the client after the method; for a request, after the request was handled.
    InjectAfter(Vec<u8>),
}
