//! The definition of a method: its names, its address and its delivery settings. Changes when `MethodDef`
//! does.

use proc_macro2::TokenStream;
use quote::quote;

use super::runtime::Runtime;
use crate::{
    model::{Body, Kind, LockScope, Method, Parameter, Repetition, Service, WireName},
    names,
};

/// The constructor of the definition; it sets only the values that differ from the defaults of
/// `MethodDef::new`.
pub(super) fn method_def(runtime: &Runtime, service: &Service, method: &Method) -> TokenStream {
    let method_def = &runtime.method_def;
    let (name, full_name) = (&service.name, &method.address.full_name);
    let (kind, address) = (kind(method), address(service, method));
    let params = params(runtime, method);
    let (timeout, repetition) = (timeout(runtime, method), repetition(runtime, method));
    let lock = lock(runtime, service, method);
    let late = method.cancel_when_late.then(|| quote!(.cancel_when_late()));
    let raw = (method.body == Body::Raw).then(|| quote!(.reading_anything()));
    quote!(#method_def::new(#name, #full_name) #kind #address #params #timeout #repetition #lock #late #raw)
}

fn kind(method: &Method) -> Option<TokenStream> {
    match method.kind {
        Kind::Call => None,
        Kind::Notify => Some(quote!(.notify())),
        Kind::Event => Some(quote!(.event())),
    }
}

fn address(service: &Service, method: &Method) -> TokenStream {
    let address = &method.address;
    let (default_exchange, default_queue) = match method.kind {
        Kind::Call | Kind::Notify => (names::DEFAULT_EXCHANGE, service.name.as_str()),
        Kind::Event => (names::EVENT_EXCHANGE, ""),
    };
    let exchange = (address.exchange != default_exchange).then(|| {
        let exchange = &address.exchange;
        quote!(.exchange(#exchange))
    });
    let routing_key = (address.routing_key != address.full_name).then(|| {
        let routing_key = &address.routing_key;
        quote!(.routing_key(#routing_key))
    });
    let queue = (address.queue != default_queue).then(|| {
        let queue = &address.queue;
        quote!(.queue(#queue))
    });
    quote!(#exchange #routing_key #queue)
}

fn params(runtime: &Runtime, method: &Method) -> TokenStream {
    let params = &runtime.params;
    match method.body {
        Body::Named => {
            // The position of a name is that of its parameter, and what is flattened has any number of members.
            let parameters = method.parameters().map(|parameter| &parameter.wire_name);
            let names = parameters.take_while(|name| !matches!(name, WireName::Flattened));
            let names = names.filter_map(|name| match name {
                WireName::Own(name) => Some(name),
                WireName::Flattened | WireName::Skipped => None,
            });
            quote!(.params(#params::Named(&[#( #names ),*])))
        }
        Body::Bare | Body::Raw => {
            let name = method.parameters().next().map(bare_name);
            quote!(.params(#params::Bare(#name)))
        }
    }
}

/// The name of a parameter that is the whole body: serde needs none for it.
fn bare_name(parameter: &Parameter) -> String {
    match &parameter.wire_name {
        WireName::Own(name) => name.clone(),
        WireName::Flattened | WireName::Skipped => names::unraw(&parameter.ident),
    }
}

fn timeout(runtime: &Runtime, method: &Method) -> Option<TokenStream> {
    let duration = &runtime.duration;
    method.timeout.map(|timeout| {
        let milliseconds = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        quote!(.timeout(#duration::from_millis(#milliseconds)))
    })
}

fn repetition(runtime: &Runtime, method: &Method) -> Option<TokenStream> {
    let repetition = &runtime.repetition;
    match method.repetition {
        Repetition::Undeclared => None,
        Repetition::Idempotent => Some(quote!(.repetition(#repetition::Idempotent))),
        Repetition::AtMostOnce => Some(quote!(.repetition(#repetition::AtMostOnce))),
        Repetition::Deduplicated => Some(quote!(.repetition(#repetition::Deduplicated))),
    }
}

fn lock(runtime: &Runtime, service: &Service, method: &Method) -> Option<TokenStream> {
    let (lock, lock_def) = (method.lock.as_ref()?, &runtime.lock_def);
    let (name, partitions) = (&lock.name, service.lock_partitions);
    let cluster = (lock.scope == LockScope::Cluster).then(|| quote!(.cluster(#partitions)));
    Some(quote!(.lock(#lock_def::new(#name) #cluster)))
}
