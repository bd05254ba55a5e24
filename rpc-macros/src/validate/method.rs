//! The rules of a single method. Changes when one of them does.

use proc_macro2::TokenTree;
use syn::{Ident, ReceiverKind, Safety};

use super::{ServiceAddress, parameter, returns, types};
use crate::{
    attrs::MethodKeys,
    diagnostics::{Errors, Mistake},
    model::{Attributes, Body, Input, Kind, Method, Parameter, Repetition, Returns, Run},
    names,
    syntax::MethodSyntax,
};

/// The method that was written, unless its shape makes a call impossible.
pub(super) fn method(
    service: &Ident,
    address: &ServiceAddress,
    written: &MethodSyntax,
    errors: &mut Errors,
) -> Option<Method> {
    let ident = &written.item.sig.ident;
    let keys = MethodKeys::read(&written.rpc, errors);
    report_misplaced_attributes(written, errors);
    let has_plain_shape = has_plain_shape(written, errors);
    let run = run(written, &keys, errors);
    let inputs = inputs(written, errors);
    let returns = returns::returns(&written.item.sig, errors);
    let kind = kind(ident, &keys, returns.as_ref(), errors);
    let address = address.of_method(ident, kind, &keys, errors);
    let repetition = repetition(ident, &keys, errors);
    if let Some(key) = keys.validate_result.as_ref().filter(|_| kind != Kind::Call) {
        errors.at(key, Mistake::NoResultToValidate { method: names::spoken(ident) });
    }
    let body = body(ident, &keys, inputs.as_deref(), errors);
    if !has_plain_shape {
        return None;
    }

    let request = keys.request.unwrap_or_else(|| names::request_type(service, ident));
    Some(Method {
        ident: ident.clone(),
        attributes: Attributes::sort(&written.item.attrs),
        inputs: inputs?,
        kind,
        returns_raw: kind == Kind::Call
            && returns.as_ref().and_then(Returns::answer).is_some_and(types::are_bytes),
        returns: returns?,
        response: names::response_type(&request),
        request,
        address,
        timeout: keys.timeout,
        repetition,
        body,
        run: run?,
        validates_result: keys.validate_result.is_some() && kind == Kind::Call,
    })
}

fn report_misplaced_attributes(written: &MethodSyntax, errors: &mut Errors) {
    let method = || names::spoken(&written.item.sig.ident);
    for attribute in &written.misplaced {
        let mistake = if attribute.path().is_ident("rpc") {
            Mistake::RpcOnReceiver { method: method() }
        } else {
            Mistake::ServiceOnMethod { method: method() }
        };
        errors.at(attribute, mistake);
    }
    for attribute in written.item.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg_attr")) {
        let mut tokens =
            attribute.meta.require_list().map(|list| list.tokens.clone()).unwrap_or_default().into_iter();
        if tokens.any(|token| matches!(token, TokenTree::Ident(name) if name == "rpc")) {
            errors.at(attribute, Mistake::HiddenKeys { method: method() });
        }
    }
}

/// Whether the signature is that of an ordinary method with `&self`.
fn has_plain_shape(written: &MethodSyntax, errors: &mut Errors) -> bool {
    let signature = &written.item.sig;
    let method = || names::spoken(&signature.ident);
    let reported = errors.len();
    report_receiver(written, errors);
    if !signature.generics.params.is_empty() {
        errors.at(&signature.generics, Mistake::GenericMethod { method: method() });
    }
    if let Some(clause) = &signature.generics.where_clause {
        errors.at(clause, Mistake::MethodWhere { method: method() });
    }
    if let Some(body) = &written.item.default {
        errors.at(body, Mistake::DefaultBody { method: method() });
    }
    if let Some(keyword) = &signature.constness {
        errors.at(keyword, Mistake::SpecialMethod { method: method(), keyword: "const" });
    }
    if let Safety::Unsafe(keyword) = &signature.safety {
        errors.at(keyword, Mistake::SpecialMethod { method: method(), keyword: "unsafe" });
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, Mistake::SpecialMethod { method: method(), keyword: "extern" });
    }
    if let Some(variadic) = &signature.variadic {
        errors.at(variadic, Mistake::Variadic { method: method() });
    }
    errors.len() == reported
}

fn report_receiver(written: &MethodSyntax, errors: &mut Errors) {
    let signature = &written.item.sig;
    let method = names::spoken(&signature.ident);
    let Some(receiver) = &written.receiver else {
        return errors.at(&signature.ident, Mistake::Receiver { method });
    };
    match &receiver.kind {
        ReceiverKind::Reference(_, None, None) => {}
        // A lifetime of the method's own is reported with its declaration.
        ReceiverKind::Reference(_, Some(_), None) if !signature.generics.params.is_empty() => {}
        ReceiverKind::Reference(_, Some(_), None) => {
            errors.at(receiver, Mistake::ReceiverLifetime { method });
        }
        _ => errors.at(receiver, Mistake::Receiver { method }),
    }
}

fn run(written: &MethodSyntax, keys: &MethodKeys, errors: &mut Errors) -> Option<Run> {
    let signature = &written.item.sig;
    let method = || names::spoken(&signature.ident);
    match (&signature.asyncness, &keys.blocking) {
        (Some(_), None) => Some(Run::Async),
        (None, Some(_)) => Some(Run::Blocking),
        (None, None) => {
            errors.at(signature.fn_token, Mistake::NotAsync { method: method() });
            None
        }
        (Some(_), Some(blocking)) => {
            errors.at(blocking, Mistake::BlockingAsync { method: method() });
            Some(Run::Async)
        }
    }
}

/// Everything the method takes, or nothing if something of it cannot be taken.
fn inputs(written: &MethodSyntax, errors: &mut Errors) -> Option<Vec<Input>> {
    let method = &written.item.sig.ident;
    let mut contexts = 0;
    let mut inputs = Vec::new();
    for parameter in &written.parameters {
        let input = parameter::parameter(method, parameter, errors);
        contexts += usize::from(matches!(input, Some(Input::Context(_))));
        if contexts > 1 && matches!(input, Some(Input::Context(_))) {
            errors.at(&parameter.typed, Mistake::SecondContext { method: names::spoken(method) });
        }
        inputs.push(input);
    }
    inputs.into_iter().collect()
}

/// What the keys say that the method is. With a mistake about it, what can be generated from the rest.
fn kind(method: &Ident, keys: &MethodKeys, returns: Option<&Returns>, errors: &mut Errors) -> Kind {
    let (kind, key) = match (&keys.notify, &keys.event) {
        (None, None) => return Kind::Call,
        (Some(notify), None) => (Kind::Notify, notify),
        (None, Some(event)) => (Kind::Event, event),
        (Some(_), Some(event)) => {
            errors.at(event, Mistake::BothKinds { method: names::spoken(method) });
            (Kind::Event, event)
        }
    };
    let Some(value) = returns.and_then(Returns::answer) else { return kind };
    errors.at(value, Mistake::OneWayReturn { method: names::spoken(method), kind: names::spoken(key) });
    Kind::Call
}

fn repetition(method: &Ident, keys: &MethodKeys, errors: &mut Errors) -> Repetition {
    match (&keys.idempotent, &keys.at_most_once) {
        (None, None) => Repetition::Undeclared,
        (Some(_), None) => Repetition::Idempotent,
        (None, Some(_)) => Repetition::AtMostOnce,
        (Some(_), Some(at_most_once)) => {
            errors.at(at_most_once, Mistake::BothRepetitions { method: names::spoken(method) });
            Repetition::Undeclared
        }
    }
}

fn body(method: &Ident, keys: &MethodKeys, inputs: Option<&[Input]>, errors: &mut Errors) -> Body {
    let parameters = || {
        inputs.unwrap_or_default().iter().filter_map(|input| match input {
            Input::Parameter(parameter) => Some(parameter),
            Input::Context(_) => None,
        })
    };
    let is_raw = |parameter: &&Parameter| types::are_bytes(&parameter.ty) && !parameter.custom;
    let Some(bare) = &keys.bare else {
        for parameter in parameters().filter(is_raw) {
            errors.at(&parameter.ty, Mistake::NamedBytes { parameter: names::spoken(&parameter.ident) });
        }
        return Body::Named;
    };
    if inputs.is_none() {
        return Body::Bare;
    }
    let count = parameters().count();
    if count == 1 {
        return if parameters().any(|parameter| is_raw(&parameter)) { Body::Raw } else { Body::Bare };
    }
    let count = if count == 0 { "none".to_owned() } else { count.to_string() };
    errors.at(bare, Mistake::BareParameters { method: names::spoken(method), count });
    Body::Named
}
