//! Validates a parsed trait and builds the model of its service. Changes when a rule of the whole service
//! does.
//!
//! Every error is reported; `None` is returned only for a trait that cannot be a service at all.

mod address;
mod collisions;
mod lock;
mod method;
mod parameter;
mod returns;
mod types;
mod wire_names;

use proc_macro2::TokenStream;
use syn::{Ident, TraitItem, TypeParamBound, spanned::Spanned};

use self::{address::ServiceAddress, collisions::Checked};
use crate::{
    attrs::ServiceKeys,
    diagnostics::{ErrorKind, Errors},
    fallback,
    model::{Attributes, Method, Service},
    names,
    syntax::TraitSyntax,
};

/// The service that a trait describes.
pub(crate) fn service(arguments: TokenStream, syntax: &TraitSyntax, errors: &mut Errors) -> Option<Service> {
    let keys = ServiceKeys::parse(arguments, errors);
    let ident = &syntax.item.ident;
    report_misplaced_attributes(syntax, errors);
    let is_plain = is_plain_trait(syntax, errors);
    let supertraits = supertraits(syntax, errors);
    let address = ServiceAddress::resolve(ident, &keys, errors);
    report_other_items(syntax, errors);
    if keys.schema.is_none() {
        report_needless_schemars(syntax, errors);
    }
    let lock_partitions = lock::partitions(keys.lock_partitions.as_ref(), errors);

    let mut rejected = syntax.other_items.clone();
    let mut methods: Vec<Method> = Vec::new();
    for method in &syntax.methods {
        let valid = method::method(ident, &address, method, errors);
        match collisions::check(ident, valid, &methods, errors) {
            Checked::Valid(valid) => methods.push(valid),
            Checked::Rejected => rejected.push(fallback::method(method)),
            Checked::Duplicate => {}
        }
    }
    if methods.len() == syntax.methods.len() {
        lock::report_needless_partitions(keys.lock_partitions.as_ref(), &methods, errors);
    }
    if keys.schema.is_none() {
        report_needless_examples(ident, &methods, errors);
    }
    if !is_plain {
        return None;
    }

    let types = methods.iter().flat_map(Method::types);
    let implementation = names::type_parameter(&types.chain([ident]).collect::<Vec<_>>());
    Some(Service {
        ident: ident.clone(),
        visibility: syntax.item.vis.clone(),
        attributes: Attributes::new(&syntax.item.attrs),
        supertraits,
        krate: keys.krate.unwrap_or_else(names::default_crate),
        name: address.name,
        client: names::client_type(ident),
        server: names::server_type(ident),
        implementation,
        lock_partitions,
        description: keys.schema.map(|_| names::description_function(ident)),
        methods,
        rejected,
    })
}

fn report_misplaced_attributes(syntax: &TraitSyntax, errors: &mut Errors) {
    let service = || names::unraw(&syntax.item.ident);
    for attribute in &syntax.misplaced {
        let error = if attribute.path().is_ident("rpc") {
            ErrorKind::MisplacedKeys { service: service() }
        } else {
            ErrorKind::RepeatedService { service: service() }
        };
        errors.at(attribute, error);
    }
}

/// Checks that the trait is neither generic nor `unsafe` nor `auto`.
fn is_plain_trait(syntax: &TraitSyntax, errors: &mut Errors) -> bool {
    let item = &syntax.item;
    let service = || names::unraw(&item.ident);
    let errors_before = errors.len();
    if !item.generics.params.is_empty() {
        errors.at(&item.generics, ErrorKind::GenericTrait { service: service() });
    }
    if let Some(clause) = &item.generics.where_clause {
        errors.at(clause, ErrorKind::TraitWhere { service: service() });
    }
    if let Some(keyword) = &item.unsafety {
        errors.at(keyword, ErrorKind::SpecialTrait { service: service(), keyword: "unsafe" });
    }
    if let Some(keyword) = &item.modifiers.auto_token {
        errors.at(keyword, ErrorKind::SpecialTrait { service: service(), keyword: "auto" });
    }
    errors.len() == errors_before
}

fn supertraits(syntax: &TraitSyntax, errors: &mut Errors) -> Vec<TypeParamBound> {
    let mut supertraits = Vec::new();
    for bound in &syntax.item.supertraits {
        match bound {
            TypeParamBound::Trait(bound) if bound.maybe.is_none() => {}
            TypeParamBound::Lifetime(lifetime) if lifetime.ident == "static" => {}
            _ => {
                errors.at(bound, ErrorKind::Supertrait);
                continue;
            }
        }
        supertraits.push(bound.clone());
    }
    supertraits
}

/// Reports `#[schemars(..)]` in a trait that is not described.
fn report_needless_schemars(syntax: &TraitSyntax, errors: &mut Errors) {
    let parameters = syntax.methods.iter().flat_map(|method| &method.parameters);
    for attribute in parameters.flat_map(|parameter| &parameter.schemars) {
        errors.at(attribute, ErrorKind::NeedlessSchemars { service: names::unraw(&syntax.item.ident) });
    }
}

/// Reports `example` in a trait that is not described.
fn report_needless_examples(service: &Ident, methods: &[Method], errors: &mut Errors) {
    for example in methods.iter().filter_map(|method| method.example.as_ref()) {
        errors.at(&example.at, ErrorKind::NeedlessExample { service: names::unraw(service) });
    }
}

fn report_other_items(syntax: &TraitSyntax, errors: &mut Errors) {
    for item in &syntax.other_items {
        let (at, error) = match item {
            TraitItem::Const(item) => (item.ident.span(), ErrorKind::NotAMethod { found: "this constant" }),
            TraitItem::Type(item) => {
                (item.ident.span(), ErrorKind::NotAMethod { found: "this associated type" })
            }
            TraitItem::Macro(item) => {
                (item.mac.path.span(), ErrorKind::NotAMethod { found: "this macro call" })
            }
            other => (other.span(), ErrorKind::Qualified),
        };
        errors.at_span(at, error);
    }
}
