//! The serving side: every body is sent back.

use amqp_rpc_bench_harness::Failure;

use crate::{
    QUEUE,
    connection::Connection,
    encode::{ack_up_to, publish},
};

pub(crate) struct Server(Connection);

impl Server {
    pub(crate) async fn start() -> Result<Self, Failure> {
        let mut connection = Connection::open().await?;
        let queue = connection.declare(QUEUE).await?;
        connection.consume(&queue, false).await?;
        Ok(Self(connection))
    }

    pub(crate) async fn run(mut self) -> Result<(), Failure> {
        let frame_max = self.0.frame_max;
        loop {
            let mut last = None;
            self.0
                .turn(|request, out| {
                    publish(out, &request.reply_to, &request.correlation_id, &[], &request.body, frame_max);
                    last = Some(request.tag);
                    Ok(())
                })
                .await?;
            // After the replies of all requests that one read brought.
            if let Some(tag) = last {
                ack_up_to(&mut self.0.out, tag);
            }
        }
    }
}
