//! A service as reflection tells of it.

use std::sync::OnceLock;

use amqp_rpc_contract::description::{MethodDescription, ServiceDescription};
use bytes::Bytes;

use super::counters::ServiceCounters;
use crate::{
    codec::AnyCodec,
    contract::{MethodKind, ServiceDef},
    message::{Fault, FaultCode},
    wire::reflection::{MethodStatsBody, ServiceBody},
};

/// Where the reserved methods of a service are served: on each of its exchanges, from the queue of the first method
/// there. The names are those of the contract, without a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) service: &'static str,
    pub(crate) exchange: &'static str,
    pub(crate) queue: &'static str,
}

/// A service, of which there may be several parts: raw methods are each a service of that name.
#[derive(Debug)]
pub(crate) struct ReflectedService {
    pub(crate) name: &'static str,
    pub(crate) parts: Vec<Part>,
    /// Exchanges and queues as the broker has them.
    pub(crate) places: Vec<(String, String)>,
    description: OnceLock<Result<Bytes, Fault>>,
}

/// One registration.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) definition: &'static ServiceDef,
    pub(crate) describe: Option<fn() -> ServiceDescription>,
    pub(crate) counters: ServiceCounters,
}

impl ReflectedService {
    pub(crate) fn new(name: &'static str, parts: Vec<Part>, places: Vec<(String, String)>) -> Self {
        Self { name, parts, places, description: OnceLock::new() }
    }

    /// An entry for each exchange.
    pub(super) fn bodies(&self) -> impl Iterator<Item = ServiceBody> {
        let version = self.parts.iter().find_map(|part| part.definition.version);
        let described = self.parts.iter().any(|part| part.describe.is_some());
        self.places.iter().map(move |(exchange, queue)| ServiceBody {
            name: self.name.to_owned(),
            version: version.map(str::to_owned),
            exchange: exchange.clone(),
            queue: queue.clone(),
            described,
        })
    }

    pub(super) fn stats(&self) -> Vec<MethodStatsBody> {
        self.parts.iter().flat_map(|part| part.counters.read()).collect()
    }

    /// The description as JSON. Schemas take their time, and stay the same.
    pub(super) fn description(&self) -> Result<Bytes, Fault> {
        let describe = || {
            let json = AnyCodec::JSON.encode(&self.describe());
            json.map_err(|error| Fault::new(FaultCode::UnencodableReply, error.to_string()))
        };
        self.description.get_or_init(describe).clone()
    }

    fn describe(&self) -> ServiceDescription {
        let mut described = ServiceDescription::new(self.name);
        for part in &self.parts {
            let of_part = part.describe();
            described.version = described.version.or(of_part.version);
            described.docs = described.docs.or(of_part.docs);
            described.deprecated = described.deprecated.or(of_part.deprecated);
            described.methods.extend(of_part.methods);
            described.schemas.extend(of_part.schemas);
        }
        described
    }
}

impl Part {
    /// The description of its trait, with the queues that it is served from; without one, what its definition says.
    fn describe(&self) -> ServiceDescription {
        let definition = self.definition;
        let Some(describe) = self.describe else {
            let mut described = ServiceDescription::new(definition.name);
            described.version = definition.version.map(str::to_owned);
            described.methods =
                definition.methods.iter().map(|method| MethodDescription::of(method)).collect();
            return described;
        };
        let mut described = describe();
        for method in definition.methods.iter().filter(|method| method.kind != MethodKind::Event) {
            let is_it = |described: &&mut MethodDescription| described.full_name == method.full_name;
            if let Some(described) = described.methods.iter_mut().find(is_it) {
                described.queue = Some(method.queue.to_owned());
            }
        }
        described
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::MethodDef;

    const ADD: &MethodDef = &MethodDef::new("math", "math.add").queue("slow");
    const SUB: &MethodDef = &MethodDef::new("math", "math.sub").notify();

    fn part(methods: &'static [&'static MethodDef], describe: Option<fn() -> ServiceDescription>) -> Part {
        let definition: &'static ServiceDef =
            Box::leak(Box::new(ServiceDef::new("math", methods).version(Some("1.2.3"))));
        Part { definition, describe, counters: ServiceCounters::of(definition) }
    }

    fn description(parts: Vec<Part>) -> ServiceDescription {
        let service = ReflectedService::new("math", parts, Vec::new());
        serde_json::from_slice(&service.description().unwrap()).unwrap()
    }

    #[test]
    fn a_service_without_a_description_has_names_kinds_and_addresses() {
        let described = description(vec![part(&[ADD], None), part(&[SUB], None)]);
        assert_eq!((described.service.as_str(), described.version.as_deref()), ("math", Some("1.2.3")));
        let names: Vec<_> = described.methods.iter().map(|method| method.full_name.as_str()).collect();
        assert_eq!(names, ["math.add", "math.sub"], "of all its parts");
        assert_eq!(described.methods[0].queue.as_deref(), Some("slow"));
        assert_eq!(described.methods[1].reply, None);
    }

    #[test]
    fn a_description_has_the_queues_that_the_service_is_served_from() {
        fn describe() -> ServiceDescription {
            let mut description = ServiceDescription::new("math");
            description.docs = Some("Sums.".into());
            description.methods = vec![MethodDescription::of(&MethodDef::new("math", "math.add"))];
            description
        }
        let described = description(vec![part(&[ADD], Some(describe))]);
        assert_eq!(described.docs.as_deref(), Some("Sums."));
        assert_eq!(described.methods[0].queue.as_deref(), Some("slow"));
    }
}
