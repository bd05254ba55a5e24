//! What answers for a service that a server serves no more.

use crate::{
    layer::RpcService,
    message::{Fault, FaultCode, IncomingCall, Reply},
};

/// In the place of a service that was removed, for requests that still come because others share its queue. Given back to the queue they
/// would come again at once, marked as if they might have run.
pub(crate) struct RemovedService(pub(crate) &'static str);

impl RpcService for RemovedService {
    async fn call(&self, _: IncomingCall) -> Result<Reply, Fault> {
        let message = format!("the service `{}` was removed from this server", self.0);
        Err(Fault::new(FaultCode::ShuttingDown, message))
    }
}
