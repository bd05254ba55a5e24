//! Applies a server's own options to the methods that they name.

use std::sync::{Mutex, PoisonError};

use crate::{
    contract::{MethodDef, MethodKind, ServiceDef},
    error::StartError,
    layer::BoxService,
    server::{config::ServiceOptions, serve::BlockingMethods, topology::request_methods},
};

/// The service as it is served: with the queues that the server's options name in place of the contract's.
/// Everything that declares, consumes or routes takes the queues from here.
///
/// # Errors
/// `UnknownMethod`, and `InvalidOption` for a queue that the clients of a method would not reach.
pub(super) fn with_queues(
    definition: &'static ServiceDef,
    options: &ServiceOptions,
) -> Result<&'static ServiceDef, StartError> {
    check_names(definition, request_methods(definition), options.queues.iter().map(|(method, _)| method))?;
    let queue_of = |method: &MethodDef| {
        let mut named = options.queues.iter().rev();
        let own = named.find(|(name, _)| name == method.full_name).map(|(_, queue)| queue);
        own.or(options.queue.as_ref()).filter(|queue| **queue != method.queue)
    };
    let mut methods = definition.methods.to_vec();
    for method in methods.iter_mut().filter(|method| method.kind != MethodKind::Event) {
        let Some(queue) = queue_of(method) else { continue };
        if method.exchange.is_empty() {
            return Err(StartError::InvalidOption(format!(
                "clients of `{}` publish to the queue `{}` itself, on the default exchange; it cannot be served from `{queue}`",
                method.full_name, method.queue
            )));
        }
        *method = interned_method(method, queue);
    }
    Ok(if methods == definition.methods { definition } else { interned_service(definition, methods) })
}

/// The service, where methods of these names run on threads that they may block.
///
/// # Errors
/// `UnknownMethod` for a name that is not among `methods`.
pub(super) fn with_blocking(
    service: BoxService,
    definition: &'static ServiceDef,
    methods: impl Iterator<Item = &'static MethodDef> + Clone,
    names: &[String],
) -> Result<BoxService, StartError> {
    check_names(definition, methods.clone(), names)?;
    if names.is_empty() {
        return Ok(service);
    }
    let blocking =
        methods.map(|method| method.full_name).filter(|method| names.iter().any(|name| name == method));
    Ok(BoxService::new(BlockingMethods::new(service, blocking.collect())))
}

fn check_names<'a>(
    definition: &'static ServiceDef,
    methods: impl Iterator<Item = &'static MethodDef> + Clone,
    names: impl IntoIterator<Item = &'a String>,
) -> Result<(), StartError> {
    let is_known = |name: &str| methods.clone().any(|method| method.full_name == name);
    match names.into_iter().find(|name| !is_known(name)) {
        None => Ok(()),
        Some(name) => Err(StartError::UnknownMethod {
            service: definition.name,
            name: name.clone(),
            known: methods.map(|method| method.full_name).collect(),
        }),
    }
}

/// Definitions are interned, because they live as long as the program, in which services may come and go.
fn interned_method(method: &MethodDef, queue: &str) -> &'static MethodDef {
    static INTERNED: Mutex<Vec<&'static MethodDef>> = Mutex::new(Vec::new());
    let mut interned = INTERNED.lock().unwrap_or_else(PoisonError::into_inner);
    let is_it = |known: &MethodDef| {
        let mut in_its_queue = *known;
        in_its_queue.queue = method.queue;
        known.queue == queue && in_its_queue == *method
    };
    if let Some(known) = interned.iter().find(|known| is_it(known)) {
        return known;
    }
    let method = Box::leak(Box::new(method.queue(Box::leak(queue.into()))));
    interned.push(method);
    method
}

fn interned_service(of: &ServiceDef, methods: Vec<&'static MethodDef>) -> &'static ServiceDef {
    static INTERNED: Mutex<Vec<&'static ServiceDef>> = Mutex::new(Vec::new());
    let mut interned = INTERNED.lock().unwrap_or_else(PoisonError::into_inner);
    let is_it =
        |known: &ServiceDef| known.name == of.name && known.version == of.version && known.methods == methods;
    if let Some(known) = interned.iter().find(|known| is_it(known)) {
        return known;
    }
    let service = Box::leak(Box::new(ServiceDef::new(of.name, Vec::leak(methods)).version(of.version)));
    interned.push(service);
    service
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADD: &MethodDef = &MethodDef::new("math", "math.add");
    const SUB: &MethodDef = &MethodDef::new("math", "math.sub").queue("slow");
    const DONE: &MethodDef = &MethodDef::new("math", "math.done").event();
    const MATH: &ServiceDef = &ServiceDef::new("math", &[ADD, SUB, DONE]);

    fn queues(options: ServiceOptions) -> Vec<&'static str> {
        with_queues(MATH, &options).unwrap().methods.iter().map(|method| method.queue).collect()
    }

    #[test]
    fn the_queue_of_a_method_wins_over_the_service_s_and_both_over_the_contract_s() {
        assert_eq!(queues(ServiceOptions::new()), ["math", "slow", ""]);
        assert_eq!(queues(ServiceOptions::new().queue("gpu")), ["gpu", "gpu", ""]);
        assert_eq!(queues(ServiceOptions::new().queue_of("math.add", "fast")), ["fast", "slow", ""]);
        let both = ServiceOptions::new().queue("gpu").queue_of("math.sub", "a").queue_of("math.sub", "b");
        assert_eq!(queues(both), ["gpu", "b", ""]);
    }

    #[test]
    fn the_same_options_give_the_same_definition() {
        let served = || with_queues(MATH, &ServiceOptions::new().queue("once")).unwrap();
        assert!(std::ptr::eq(served(), served()));
        let contract = with_queues(MATH, &ServiceOptions::new().queue_of("math.add", "math")).unwrap();
        assert!(std::ptr::eq(contract, MATH), "it changes nothing");
    }

    #[test]
    fn an_unknown_method_is_refused_with_those_that_have_a_queue() {
        for unknown in ["math.ad", "add", "math.done"] {
            let error = with_queues(MATH, &ServiceOptions::new().queue_of(unknown, "q")).unwrap_err();
            let expected =
                format!("`math` has no method `{unknown}` for this option; it has: math.add, math.sub");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn a_queue_that_clients_publish_to_by_name_cannot_be_another() {
        const TUTORIAL: &ServiceDef = &ServiceDef::new(
            "fib",
            &[&MethodDef::new("fib", "fib.fib").exchange("").routing_key("rpc_queue").queue("rpc_queue")],
        );
        let error = with_queues(TUTORIAL, &ServiceOptions::new().queue("other")).unwrap_err().to_string();
        assert!(error.contains("publish to the queue `rpc_queue` itself"), "{error}");
        assert!(with_queues(TUTORIAL, &ServiceOptions::new().queue("rpc_queue")).is_ok());
    }
}
