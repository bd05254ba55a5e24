//! Starts a session over its first link, with the tasks that keep it.

use std::sync::Arc;

use amqp_rpc_transport::Consumer;

use super::{
    background::Background, link::Link, shared::Session, supervisor::Supervisor, sweep_trigger::SweepTrigger,
    sweeper,
};
use crate::client::settings::Settings;

/// The session; its tasks run on the current runtime until it is dropped.
pub(crate) fn start(
    link: Link,
    replies: Consumer,
    settings: Settings,
    sweep_trigger: Arc<SweepTrigger>,
    supervisor: Supervisor,
    background: Option<Arc<Background>>,
) -> Arc<Session> {
    let link = Arc::new(link);
    let session = Session::new(Arc::clone(&link), settings, Arc::clone(&sweep_trigger), background);
    let session = Arc::new(session);
    session.spawn(supervisor.run(Arc::downgrade(&session), link, replies));
    session.spawn(sweeper::run(Arc::downgrade(&session), sweep_trigger));
    session
}
