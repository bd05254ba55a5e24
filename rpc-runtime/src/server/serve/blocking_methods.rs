//! Runs methods on threads that they may block, where the server says so and not the contract.

use super::dispatch::run_on_blocking_thread;
use crate::{
    layer::{BoxService, RpcService},
    message::{Fault, IncomingCall, Reply},
};

/// A service some of whose methods block their thread although they are `async`.
pub(crate) struct BlockingMethods {
    service: BoxService,
    /// Their full names.
    methods: Vec<&'static str>,
}

impl BlockingMethods {
    pub(crate) fn new(service: BoxService, methods: Vec<&'static str>) -> Self {
        Self { service, methods }
    }
}

impl RpcService for BlockingMethods {
    async fn call(&self, call: IncomingCall) -> Result<Reply, Fault> {
        if !self.methods.contains(&call.method().full_name) {
            return self.service.call(call).await;
        }
        let service = self.service.clone();
        run_on_blocking_thread(async move { service.call(call).await }).await
    }
}
