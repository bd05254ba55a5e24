//! Answers the reserved methods of all services of a server.

use std::sync::Arc;

use super::instance::Instance;
use crate::{
    codec::AnyCodec,
    contract::MethodDef,
    layer::RpcService,
    message::{Fault, FaultCode, IncomingCall, Reply, ReplyKind},
    wire::reflection::{DESCRIBE, PING, STATS},
};

/// The service below the layers of the server: who may not call a service there, is told nothing of it.
#[derive(Debug)]
pub(crate) struct Answers(pub(crate) Arc<Instance>);

impl RpcService for Answers {
    async fn call(&self, call: IncomingCall) -> Result<Reply, Fault> {
        self.answer(call.method())
    }
}

impl Answers {
    fn answer(&self, method: &'static MethodDef) -> Result<Reply, Fault> {
        let MethodDef { service, full_name, .. } = *method;
        let name = full_name.rsplit_once('.').map_or(full_name, |(_, name)| name);
        let unknown = || {
            let message = format!("`{service}` is not served any more");
            Fault::new(FaultCode::UnknownMethod, message)
        };
        match name {
            PING => Reply::json(&self.0.body(service).ok_or_else(unknown)?),
            STATS => Reply::json(&self.0.stats(service).ok_or_else(unknown)?),
            DESCRIBE => {
                let body = self.0.description(service).ok_or_else(unknown)??;
                Ok(Reply::new(ReplyKind::Result, AnyCodec::JSON.content_type(), body))
            }
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::reflection::{ReflectedService, instance_method, reserved_methods};

    fn answer(answers: &Answers, method: &'static MethodDef) -> Result<serde_json::Value, Fault> {
        answers.answer(method).map(|reply| serde_json::from_slice(reply.body()).unwrap())
    }

    #[test]
    fn each_method_is_answered_for_the_services_of_the_moment() {
        let answers = Answers(Arc::new(Instance::new(Some("7".into()))));
        let [ping, describe, stats] = reserved_methods("fib")[..] else { panic!("three methods") };
        let before = answer(&answers, instance_method()).unwrap();
        assert_eq!((&before["version"], &before["services"]), (&"7".into(), &serde_json::json!([])));
        for method in [describe, stats] {
            assert_eq!(*answer(&answers, method).unwrap_err().code(), FaultCode::UnknownMethod);
        }
        let places = vec![("amqp-rpc".to_owned(), "fib".to_owned())];
        answers.0.show(vec![ReflectedService::new("fib", Vec::new(), places)]);
        assert_eq!(answer(&answers, ping).unwrap()["services"][0]["queue"], "fib");
        assert_eq!(answer(&answers, describe).unwrap()["service"], "fib");
        assert_eq!(answer(&answers, stats).unwrap()["id"], before["id"]);
    }
}
