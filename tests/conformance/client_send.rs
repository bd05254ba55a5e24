//! Sends methods, messages and bytes: they are queued, and a flush sends them together.

use amq_protocol::{
    frame::{AMQPContentHeader, AMQPFrame, WriteContext, gen_frame},
    protocol::{AMQPClass, BasicProperties},
};
use tokio::io::AsyncWriteExt;

use super::client::Client;

impl Client {
    /// Queues bytes for the next flush.
    pub(crate) fn queue_bytes(&mut self, bytes: &[u8]) {
        self.unsent.extend_from_slice(bytes);
    }

    pub(crate) fn queue_method(&mut self, channel: u16, method: AMQPClass) {
        self.queue_frame(&AMQPFrame::Method(channel, method));
    }

    /// Queues a message's header and body, in frames of at most `frame_max`.
    pub(crate) fn queue_content(&mut self, channel: u16, properties: BasicProperties, body: &[u8]) {
        self.queue_header(channel, properties, body.len() as u64);
        for chunk in body.chunks(131_072 - 8) {
            self.queue_frame(&AMQPFrame::Body(channel, chunk.to_vec()));
        }
    }

    pub(crate) fn queue_header(&mut self, channel: u16, properties: BasicProperties, body_size: u64) {
        self.queue_frame(&AMQPFrame::Header(
            channel,
            AMQPContentHeader { class_id: 60, body_size, properties },
        ));
    }

    pub(crate) fn queue_frame(&mut self, frame: &AMQPFrame) {
        let written = gen_frame(frame)(WriteContext::from(Vec::new())).expect("a frame can be written");
        self.unsent.extend(written.into_inner().0);
    }

    /// Sends what is queued. A connection that the broker has ended is not an error here; reading reports the
    /// end.
    pub(crate) async fn flush(&mut self) {
        let bytes = std::mem::take(&mut self.unsent);
        if !bytes.is_empty() {
            let _ = self.write.write_all(&bytes).await;
        }
    }
}
