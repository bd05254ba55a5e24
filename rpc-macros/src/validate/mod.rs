//! From what was written to what it means: the rules of a whole service. Changes when one of them does.
//!
//! Every mistake is reported; `None` is returned only for what cannot be part of a service at all.

mod address;
mod collisions;
mod method;
mod parameter;
mod returns;
mod types;

use proc_macro2::TokenStream;
use syn::{TraitItem, TypeParamBound, spanned::Spanned};

use self::{address::ServiceAddress, collisions::Verdict};
use crate::{
    attrs::ServiceKeys,
    diagnostics::{Errors, Mistake},
    fallback,
    model::{Attributes, Method, Service},
    names,
    syntax::TraitSyntax,
};

/// The service that a trait describes.
pub(crate) fn service(arguments: TokenStream, written: &TraitSyntax, errors: &mut Errors) -> Option<Service> {
    let keys = ServiceKeys::read(arguments, errors);
    let ident = &written.item.ident;
    report_misplaced_attributes(written, errors);
    let is_plain = is_plain_trait(written, errors);
    let supertraits = supertraits(written, errors);
    let address = ServiceAddress::resolve(ident, &keys, errors);
    report_other_items(written, errors);

    let mut refused = written.others.clone();
    let mut methods: Vec<Method> = Vec::new();
    for method in &written.methods {
        let valid = method::method(ident, &address, method, errors);
        match collisions::resolve(ident, valid, &methods, errors) {
            Verdict::Valid(valid) => methods.push(valid),
            Verdict::Refused => refused.push(fallback::method(method)),
            Verdict::Repeated => {}
        }
    }
    if !is_plain {
        return None;
    }

    let types = methods.iter().flat_map(|method| [&method.request, &method.response]);
    let implementation = names::type_parameter(&types.chain([ident]).collect::<Vec<_>>());
    Some(Service {
        ident: ident.clone(),
        visibility: written.item.vis.clone(),
        attributes: Attributes::sort(&written.item.attrs),
        supertraits,
        krate: keys.krate.unwrap_or_else(names::default_crate),
        name: address.name,
        client: names::of_service(ident, "Client"),
        server: names::of_service(ident, "Server"),
        implementation,
        methods,
        refused,
    })
}

fn report_misplaced_attributes(written: &TraitSyntax, errors: &mut Errors) {
    let service = || names::spoken(&written.item.ident);
    for attribute in &written.misplaced {
        let mistake = if attribute.path().is_ident("rpc") {
            Mistake::MisplacedKeys { service: service() }
        } else {
            Mistake::RepeatedService { service: service() }
        };
        errors.at(attribute, mistake);
    }
}

/// Whether the trait is one that a client and a server can be generated for.
fn is_plain_trait(written: &TraitSyntax, errors: &mut Errors) -> bool {
    let item = &written.item;
    let service = || names::spoken(&item.ident);
    let reported = errors.len();
    if !item.generics.params.is_empty() {
        errors.at(&item.generics, Mistake::GenericTrait { service: service() });
    }
    if let Some(clause) = &item.generics.where_clause {
        errors.at(clause, Mistake::TraitWhere { service: service() });
    }
    if let Some(keyword) = &item.unsafety {
        errors.at(keyword, Mistake::SpecialTrait { service: service(), keyword: "unsafe" });
    }
    if let Some(keyword) = &item.modifiers.auto_token {
        errors.at(keyword, Mistake::SpecialTrait { service: service(), keyword: "auto" });
    }
    errors.len() == reported
}

fn supertraits(written: &TraitSyntax, errors: &mut Errors) -> Vec<TypeParamBound> {
    let mut supertraits = Vec::new();
    for bound in &written.item.supertraits {
        match bound {
            TypeParamBound::Trait(bound) if bound.maybe.is_none() => {}
            TypeParamBound::Lifetime(lifetime) if lifetime.ident == "static" => {}
            _ => {
                errors.at(bound, Mistake::Supertrait);
                continue;
            }
        }
        supertraits.push(bound.clone());
    }
    supertraits
}

fn report_other_items(written: &TraitSyntax, errors: &mut Errors) {
    for item in &written.others {
        let (at, mistake) = match item {
            TraitItem::Const(item) => (item.ident.span(), Mistake::NotAMethod { found: "this constant" }),
            TraitItem::Type(item) => {
                (item.ident.span(), Mistake::NotAMethod { found: "this associated type" })
            }
            TraitItem::Macro(item) => {
                (item.mac.path.span(), Mistake::NotAMethod { found: "this macro call" })
            }
            other => (other.span(), Mistake::Qualified),
        };
        errors.at_span(at, mistake);
    }
}
