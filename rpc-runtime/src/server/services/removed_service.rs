//! Refuses requests for a service that was removed.

use crate::{
    layer::RpcService,
    message::{Fault, FaultCode, IncomingCall, Reply},
};

/// Takes the place of a service that was removed, for requests that still come because others share its
/// queue. Requeued, they would come again at once, marked as redelivered.
pub(crate) struct RemovedService(pub(crate) &'static str);

impl RpcService for RemovedService {
    async fn call(&self, _: IncomingCall) -> Result<Reply, Fault> {
        let message = format!("the service `{}` was removed from this server", self.0);
        Err(Fault::new(FaultCode::ShuttingDown, message))
    }
}
