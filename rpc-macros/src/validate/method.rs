//! Validates a method. Changes when a rule of a single method does.

use proc_macro2::TokenTree;
use syn::{Ident, ReceiverKind, Safety};

use super::{address::ServiceAddress, lock, parameter, returns, types, wire_names};
use crate::{
    attrs::MethodKeys,
    diagnostics::{ErrorKind, Errors},
    model::{Attributes, Body, Input, Kind, Method, Parameter, Repetition, Returns, RunMode},
    names,
    syntax::MethodSyntax,
};

/// A method of `service`; `None` if its signature cannot be that of a call.
pub(super) fn method(
    service: &Ident,
    address: &ServiceAddress,
    syntax: &MethodSyntax,
    errors: &mut Errors,
) -> Option<Method> {
    let ident = &syntax.item.sig.ident;
    let keys = MethodKeys::parse(&syntax.rpc, errors);
    report_misplaced_attributes(syntax, errors);
    let has_plain_signature = has_plain_signature(syntax, errors);
    let run = run(syntax, &keys, errors);
    let inputs = inputs(syntax, errors);
    let returns = returns::returns(&syntax.item.sig, errors);
    let kind = kind(ident, &keys, returns.as_ref(), errors);
    let has_sendable_error = has_sendable_error(ident, kind, returns.as_ref(), errors);
    let address = address.of_method(ident, kind, &keys, errors);
    let repetition = repetition(ident, kind, &keys, errors);
    report_needless_cancellation(ident, kind, &keys, errors);
    if let Some(key) = keys.validate_result.as_ref().filter(|_| kind != Kind::Call) {
        errors.at(key, ErrorKind::NoResultToValidate { method: names::unraw(ident) });
    }
    let lock = lock::lock(ident, &address.full_name, kind, &keys, inputs.as_deref(), errors);
    let body = body(ident, &keys, inputs.as_deref(), errors);
    if let Some(example) = keys.example.as_ref().filter(|_| body == Body::Raw) {
        errors.at(&example.at, ErrorKind::RawExample { method: names::unraw(ident) });
    }
    if !has_plain_signature || !has_sendable_error {
        return None;
    }

    let request = keys.request.unwrap_or_else(|| match kind {
        Kind::Event => names::event_type(service, ident),
        Kind::Call | Kind::Notify => names::request_type(service, ident),
    });
    Some(Method {
        ident: ident.clone(),
        attributes: Attributes::new(&syntax.item.attrs),
        inputs: inputs?,
        kind,
        returns_raw: kind == Kind::Call
            && returns.as_ref().and_then(Returns::value).is_some_and(types::is_bytes),
        returns: returns?,
        response: names::response_type(&request),
        request,
        address,
        timeout: keys.timeout,
        repetition,
        cancel_when_late: keys.cancel_when_late.is_some(),
        lock,
        body,
        example: keys.example,
        run: run?,
        validates_result: keys.validate_result.is_some() && kind == Kind::Call,
    })
}

fn report_misplaced_attributes(syntax: &MethodSyntax, errors: &mut Errors) {
    let method = || names::unraw(&syntax.item.sig.ident);
    for attribute in &syntax.misplaced {
        let error = if attribute.path().is_ident("rpc") {
            ErrorKind::RpcOnReceiver { method: method() }
        } else {
            ErrorKind::ServiceOnMethod { method: method() }
        };
        errors.at(attribute, error);
    }
    for attribute in syntax.item.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg_attr")) {
        let mut tokens =
            attribute.meta.require_list().map(|list| list.tokens.clone()).unwrap_or_default().into_iter();
        if tokens.any(|token| matches!(token, TokenTree::Ident(name) if name == "rpc")) {
            errors.at(attribute, ErrorKind::HiddenKeys { method: method() });
        }
    }
}

/// Checks that the signature is that of an ordinary method: `&self`, no generics, no body, no further
/// keywords.
fn has_plain_signature(syntax: &MethodSyntax, errors: &mut Errors) -> bool {
    let signature = &syntax.item.sig;
    let method = || names::unraw(&signature.ident);
    let errors_before = errors.len();
    report_receiver(syntax, errors);
    if !signature.generics.params.is_empty() {
        errors.at(&signature.generics, ErrorKind::GenericMethod { method: method() });
    }
    if let Some(clause) = &signature.generics.where_clause {
        errors.at(clause, ErrorKind::MethodWhere { method: method() });
    }
    if let Some(body) = &syntax.item.default {
        errors.at(body, ErrorKind::DefaultBody { method: method() });
    }
    if let Some(keyword) = &signature.constness {
        errors.at(keyword, ErrorKind::SpecialMethod { method: method(), keyword: "const" });
    }
    if let Safety::Unsafe(keyword) = &signature.safety {
        errors.at(keyword, ErrorKind::SpecialMethod { method: method(), keyword: "unsafe" });
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, ErrorKind::SpecialMethod { method: method(), keyword: "extern" });
    }
    if let Some(variadic) = &signature.variadic {
        errors.at(variadic, ErrorKind::Variadic { method: method() });
    }
    errors.len() == errors_before
}

fn report_receiver(syntax: &MethodSyntax, errors: &mut Errors) {
    let signature = &syntax.item.sig;
    let method = names::unraw(&signature.ident);
    let Some(receiver) = &syntax.receiver else {
        return errors.at(&signature.ident, ErrorKind::Receiver { method });
    };
    match &receiver.kind {
        ReceiverKind::Reference(_, None, None) => {}
        // A lifetime that the method declares is reported at its declaration.
        ReceiverKind::Reference(_, Some(_), None) if !signature.generics.params.is_empty() => {}
        ReceiverKind::Reference(_, Some(_), None) => {
            errors.at(receiver, ErrorKind::ReceiverLifetime { method });
        }
        _ => errors.at(receiver, ErrorKind::Receiver { method }),
    }
}

/// The run mode, if the signature and the keys agree on it.
fn run(syntax: &MethodSyntax, keys: &MethodKeys, errors: &mut Errors) -> Option<RunMode> {
    let signature = &syntax.item.sig;
    let method = || names::unraw(&signature.ident);
    match (&signature.asyncness, &keys.blocking) {
        (Some(_), None) => Some(RunMode::Async),
        (None, Some(_)) => Some(RunMode::Blocking),
        (None, None) => {
            errors.at(signature.fn_token, ErrorKind::NotAsync { method: method() });
            None
        }
        (Some(_), Some(blocking)) => {
            errors.at(blocking, ErrorKind::BlockingAsync { method: method() });
            Some(RunMode::Async)
        }
    }
}

/// The inputs besides `&self`; `None` if one of them is invalid.
fn inputs(syntax: &MethodSyntax, errors: &mut Errors) -> Option<Vec<Input>> {
    let method = &syntax.item.sig.ident;
    let mut contexts = 0;
    let mut inputs = Vec::new();
    for parameter in &syntax.parameters {
        let input = parameter::parameter(method, parameter, errors);
        contexts += usize::from(matches!(input, Some(Input::Context(_))));
        if contexts > 1 && matches!(input, Some(Input::Context(_))) {
            errors.at(&parameter.typed, ErrorKind::SecondContext { method: names::unraw(method) });
        }
        inputs.push(input);
    }
    let inputs: Option<Vec<Input>> = inputs.into_iter().collect();
    wire_names::report_shared(inputs.as_deref().unwrap_or_default(), errors);
    inputs
}

/// The kind that the keys declare. A one-way method that returns a value is reported and treated as a call.
fn kind(method: &Ident, keys: &MethodKeys, returns: Option<&Returns>, errors: &mut Errors) -> Kind {
    let (kind, key) = match (&keys.notify, &keys.event) {
        (None, None) => return Kind::Call,
        (Some(notify), None) => (Kind::Notify, notify),
        (None, Some(event)) => (Kind::Event, event),
        (Some(_), Some(event)) => {
            errors.at(event, ErrorKind::BothKinds { method: names::unraw(method) });
            (Kind::Event, event)
        }
    };
    let Some(value) = returns.and_then(Returns::value) else { return kind };
    errors.at(value, ErrorKind::OneWayReturn { method: names::unraw(method), kind: names::unraw(key) });
    Kind::Call
}

/// Checks that the error of a call is no `dyn Error`. The compiler would report that several times.
fn has_sendable_error(method: &Ident, kind: Kind, returns: Option<&Returns>, errors: &mut Errors) -> bool {
    let Some(Returns::Fallible { error, .. }) = returns.filter(|_| kind == Kind::Call) else { return true };
    let is_dyn = types::is_dyn_error(error);
    if is_dyn {
        errors.at(error, ErrorKind::DynError { method: names::unraw(method) });
    }
    !is_dyn
}

fn repetition(method: &Ident, kind: Kind, keys: &MethodKeys, errors: &mut Errors) -> Repetition {
    let deduplicated = keys.deduplicate.as_ref().map(|key| (key, Repetition::Deduplicated));
    if let Some((key, _)) = deduplicated.filter(|_| kind == Kind::Event) {
        errors.at(key, ErrorKind::DeduplicatedEvent { method: names::unraw(method) });
        return Repetition::Undeclared;
    }
    match (&keys.idempotent, &keys.at_most_once, deduplicated) {
        (None, None, None) => Repetition::Undeclared,
        (Some(_), None, None) => Repetition::Idempotent,
        (None, Some(_), None) => Repetition::AtMostOnce,
        (None, None, Some((_, deduplicated))) => deduplicated,
        (Some(_), Some(at_most_once), _) => {
            errors.at(at_most_once, ErrorKind::BothRepetitions { method: names::unraw(method) });
            Repetition::Undeclared
        }
        (Some(other), None, Some((key, _))) | (None, Some(other), Some((key, _))) => {
            let (method, other) = (names::unraw(method), names::unraw(other));
            errors.at(key, ErrorKind::DeduplicatedAndOther { method, other });
            Repetition::Undeclared
        }
    }
}

/// Refuses `cancel_when_late` where there is no caller that stops waiting, or nothing that can be cancelled.
fn report_needless_cancellation(method: &Ident, kind: Kind, keys: &MethodKeys, errors: &mut Errors) {
    let Some(key) = &keys.cancel_when_late else { return };
    if kind != Kind::Call {
        errors.at(key, ErrorKind::NeverLate { method: names::unraw(method) });
    } else if keys.blocking.is_some() {
        errors.at(key, ErrorKind::BlockingCancelled { method: names::unraw(method) });
    }
}

/// The layout of the request's body.
fn body(method: &Ident, keys: &MethodKeys, inputs: Option<&[Input]>, errors: &mut Errors) -> Body {
    let parameters = || inputs.unwrap_or_default().iter().filter_map(Input::as_parameter);
    let is_raw = |parameter: &&Parameter| types::is_bytes(&parameter.ty) && !parameter.has_custom_serde;
    let Some(bare) = &keys.bare else {
        for parameter in parameters().filter(is_raw) {
            errors.at(&parameter.ty, ErrorKind::NamedBytes { parameter: names::unraw(&parameter.ident) });
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
    errors.at(bare, ErrorKind::BareParameters { method: names::unraw(method), count });
    Body::Named
}
