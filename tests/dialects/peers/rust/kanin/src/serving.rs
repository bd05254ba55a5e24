//! The serving side.

use std::time::Duration;

use kanin::{
    App,
    extract::Msg,
    lapin::{Connection, ConnectionProperties, options::QueueDeclareOptions, types::FieldTable},
};
use peer_program::{Failure, contract, ready, url};

use crate::messages::{ComputeReply, ComputeRequest, Note, Outcome};

const POLL: Duration = Duration::from_millis(20);

async fn compute(Msg(request): Msg<ComputeRequest>) -> ComputeReply {
    match contract::compute(request.n) {
        Ok(value) => Outcome::Value(value).into(),
        Err(error) => Outcome::Error(error.to_string()).into(),
    }
}

async fn note(Msg(note): Msg<Note>) {
    contract::note(&note.text);
}

pub(crate) async fn serve(service: &str) -> Result<(), Failure> {
    let url = url()?;
    let keys = ["compute", "note"].map(|method| format!("{service}.{method}"));
    let [of_compute, of_note] = keys.clone();
    let address = url.clone();
    let app = App::new(()).handler(of_compute, compute).handler(of_note, note);
    let mut served = tokio::spawn(async move { app.run(&address).await });
    tokio::select! {
        ended = &mut served => return Ok(ended??),
        consumed = until_consumed(&url, &keys) => consumed?,
    }
    ready();
    Ok(served.await??)
}

/// Waits until each queue has a consumer: kanin itself does not say when it is ready.
async fn until_consumed(url: &str, queues: &[String]) -> Result<(), Failure> {
    for queue in queues {
        while !is_consumed(url, queue).await? {
            tokio::time::sleep(POLL).await;
        }
    }
    Ok(())
}

/// Looks over a connection of its own: a missing queue closes the channel, and lapin may be slow to give its number free.
async fn is_consumed(url: &str, queue: &str) -> Result<bool, Failure> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let found = channel.queue_declare(queue, passive, FieldTable::default()).await;
    // The broker may end the connection before lapin has read that it agrees.
    let _ = connection.close(200, "").await;
    Ok(found.is_ok_and(|queue| queue.consumer_count() > 0))
}
