//! Parses a trait and sets the macro's own attributes apart. Changes when Rust's trait syntax does.
//!
//! Nothing is validated here: every trait that syn can parse is accepted.

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, FnArg, Ident, Item, ItemTrait, Pat, PatType, Receiver, TraitItem, TraitItemFn,
    spanned::Spanned,
};

use crate::diagnostics::{ErrorKind, Errors};

/// A parsed trait without the macro's attributes.
pub(crate) struct TraitSyntax {
    /// The trait; its items are in the two fields below.
    pub(crate) item: ItemTrait,
    pub(crate) methods: Vec<MethodSyntax>,
    /// Constants, types and macro calls.
    pub(crate) other_items: Vec<TraitItem>,
    /// `#[rpc(..)]` and further `#[rpc_service]` attributes on the trait.
    pub(crate) misplaced: Vec<Attribute>,
}

/// A parsed method without the macro's attributes.
pub(crate) struct MethodSyntax {
    /// The method; its signature has no inputs, they are in the two fields below.
    pub(crate) item: TraitItemFn,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) parameters: Vec<ParameterSyntax>,
    /// Its `#[rpc(..)]` attributes.
    pub(crate) rpc: Vec<Attribute>,
    /// `#[rpc_service]` on the method and `#[rpc(..)]` on its receiver.
    pub(crate) misplaced: Vec<Attribute>,
}

/// A parsed parameter; attributes that are legal in Rust stay on `typed`.
pub(crate) struct ParameterSyntax {
    pub(crate) typed: PatType,
    /// Its `#[rpc(..)]` attributes.
    pub(crate) rpc: Vec<Attribute>,
    /// Doc comments, `#[serde(..)]` and `#[garde(..)]`, which belong to the request's field.
    pub(crate) field_attributes: Vec<Attribute>,
    /// `#[schemars(..)]`, which belongs to its description.
    pub(crate) schemars: Vec<Attribute>,
}

/// An item that is not a trait; it is emitted unchanged.
pub(crate) struct RejectedItem {
    item: TokenStream,
    /// Boxed: it is several times as large as what is returned instead.
    error: Box<ErrorKind>,
    at: Span,
}

impl RejectedItem {
    /// Reports the error and returns the item.
    pub(crate) fn report(self, errors: &mut Errors) -> TokenStream {
        errors.at_span(self.at, *self.error);
        self.item
    }
}

/// Parses a trait.
pub(crate) fn parse(item: TokenStream) -> Result<TraitSyntax, RejectedItem> {
    match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Trait(item)) => Ok(TraitSyntax::new(item)),
        Ok(other) => {
            let (found, at) = describe(other);
            Err(RejectedItem { item, error: Box::new(ErrorKind::NotATrait { found }), at })
        }
        Err(error) => {
            let at = error.span();
            let error = Box::new(ErrorKind::Unreadable { details: error.to_string() });
            Err(RejectedItem { item, error, at })
        }
    }
}

impl TraitSyntax {
    fn new(mut item: ItemTrait) -> Self {
        let misplaced =
            take(&mut item.attrs, |attribute| is(attribute, "rpc") || is(attribute, "rpc_service"));
        let (mut methods, mut other_items) = (Vec::new(), Vec::new());
        for item in item.items.drain(..) {
            match item {
                TraitItem::Fn(method) => methods.push(MethodSyntax::new(method)),
                other => other_items.push(other),
            }
        }
        Self { item, methods, other_items, misplaced }
    }
}

impl MethodSyntax {
    fn new(mut item: TraitItemFn) -> Self {
        let rpc = take(&mut item.attrs, |attribute| is(attribute, "rpc"));
        let mut misplaced = take(&mut item.attrs, |attribute| is(attribute, "rpc_service"));
        let (mut receiver, mut parameters) = (None, Vec::new());
        for input in std::mem::take(&mut item.sig.inputs) {
            match input {
                FnArg::Receiver(mut parsed) => {
                    misplaced.extend(take(&mut parsed.attrs, |attribute| is(attribute, "rpc")));
                    receiver = Some(parsed);
                }
                FnArg::Typed(typed) => parameters.push(ParameterSyntax::new(typed)),
            }
        }
        Self { item, receiver, parameters, rpc, misplaced }
    }
}

impl ParameterSyntax {
    fn new(mut typed: PatType) -> Self {
        let rpc = take(&mut typed.attrs, |attribute| is(attribute, "rpc"));
        let field_attributes = take(&mut typed.attrs, |attribute| {
            ["doc", "serde", "garde"].iter().any(|name| is(attribute, name))
        });
        let schemars = take(&mut typed.attrs, |attribute| is(attribute, "schemars"));
        Self { typed, rpc, field_attributes, schemars }
    }

    /// The name, if the pattern is a plain identifier.
    pub(crate) fn name(&self) -> Option<&Ident> {
        match &*self.typed.pat {
            Pat::Ident(name)
                if name.by_ref.is_none() && name.mutability.is_none() && name.subpat.is_none() =>
            {
                Some(&name.ident)
            }
            _ => None,
        }
    }
}

/// Compares the last segment of the attribute's path with `name`.
fn is(attribute: &Attribute, name: &str) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == name)
}

fn take(attributes: &mut Vec<Attribute>, wanted: impl Fn(&Attribute) -> bool) -> Vec<Attribute> {
    attributes.extract_if(.., |attribute| wanted(attribute)).collect()
}

/// The kind of an item in words, and the span to report.
fn describe(item: Item) -> (&'static str, Span) {
    match item {
        Item::Const(item) => ("a constant", item.ident.span()),
        Item::Enum(item) => ("an enum", item.ident.span()),
        Item::Fn(item) => ("a function", item.sig.ident.span()),
        Item::Impl(item) => ("an `impl` block", item.self_ty.span()),
        Item::Mod(item) => ("a module", item.ident.span()),
        Item::Static(item) => ("a static", item.ident.span()),
        Item::Struct(item) => ("a struct", item.ident.span()),
        Item::TraitAlias(item) => ("a trait alias", item.ident.span()),
        Item::Type(item) => ("a type alias", item.ident.span()),
        Item::Union(item) => ("a union", item.ident.span()),
        other => ("something else", other.span()),
    }
}
