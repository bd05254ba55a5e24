//! What the user wrote, with our attributes set apart. Changes when Rust's trait syntax does.
//!
//! Nothing is judged here: every trait that parses gets through, however wrong it is for a service.

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, FnArg, Ident, Item, ItemTrait, Pat, PatType, Receiver, TraitItem, TraitItemFn,
    spanned::Spanned,
};

use crate::diagnostics::{Errors, Mistake};

/// A trait as written, without our attributes.
pub(crate) struct TraitSyntax {
    /// The trait; its items are in the two fields below.
    pub(crate) item: ItemTrait,
    pub(crate) methods: Vec<MethodSyntax>,
    /// Constants, types and macros.
    pub(crate) others: Vec<TraitItem>,
    /// `#[rpc(..)]` and further `#[rpc_service]` attributes on the trait.
    pub(crate) misplaced: Vec<Attribute>,
}

/// A method as written, without our attributes.
pub(crate) struct MethodSyntax {
    /// The method; its signature has no inputs, they are in the two fields below.
    pub(crate) item: TraitItemFn,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) parameters: Vec<ParameterSyntax>,
    /// The contents of `#[rpc(..)]`.
    pub(crate) rpc: Vec<Attribute>,
    /// `#[rpc_service]` on the method and `#[rpc(..)]` on its receiver.
    pub(crate) misplaced: Vec<Attribute>,
}

/// A parameter as written; attributes that are legal in Rust stay on `typed`.
pub(crate) struct ParameterSyntax {
    pub(crate) typed: PatType,
    pub(crate) rpc: Vec<Attribute>,
    /// Doc comments, `#[serde(..)]` and `#[garde(..)]`, which belong to the request's field.
    pub(crate) field: Vec<Attribute>,
}

/// An item that is no trait, to be emitted as it is.
pub(crate) struct Unreadable {
    item: TokenStream,
    mistake: Mistake,
    at: Span,
}

impl Unreadable {
    /// Reports what is wrong and hands the item back.
    pub(crate) fn report(self, errors: &mut Errors) -> TokenStream {
        errors.at_span(self.at, self.mistake);
        self.item
    }
}

/// Reads a trait.
pub(crate) fn read(item: TokenStream) -> Result<TraitSyntax, Unreadable> {
    match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Trait(item)) => Ok(TraitSyntax::new(item)),
        Ok(other) => {
            let (found, at) = kind_of(other);
            Err(Unreadable { item, mistake: Mistake::NotATrait { found }, at })
        }
        Err(error) => {
            let mistake = Mistake::Unreadable { details: error.to_string() };
            Err(Unreadable { item, mistake, at: error.span() })
        }
    }
}

impl TraitSyntax {
    fn new(mut item: ItemTrait) -> Self {
        let misplaced =
            take(&mut item.attrs, |attribute| is(attribute, "rpc") || is(attribute, "rpc_service"));
        let (mut methods, mut others) = (Vec::new(), Vec::new());
        for item in item.items.drain(..) {
            match item {
                TraitItem::Fn(method) => methods.push(MethodSyntax::new(method)),
                other => others.push(other),
            }
        }
        Self { item, methods, others, misplaced }
    }
}

impl MethodSyntax {
    fn new(mut item: TraitItemFn) -> Self {
        let rpc = take(&mut item.attrs, |attribute| is(attribute, "rpc"));
        let mut misplaced = take(&mut item.attrs, |attribute| is(attribute, "rpc_service"));
        let (mut receiver, mut parameters) = (None, Vec::new());
        for input in std::mem::take(&mut item.sig.inputs) {
            match input {
                FnArg::Receiver(mut written) => {
                    misplaced.extend(take(&mut written.attrs, |attribute| is(attribute, "rpc")));
                    receiver = Some(written);
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
        let field = take(&mut typed.attrs, |attribute| {
            ["doc", "serde", "garde"].iter().any(|name| is(attribute, name))
        });
        Self { typed, rpc, field }
    }

    /// The name, if the pattern is one and nothing more.
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

/// Whether the last segment of the attribute's path is `name`.
fn is(attribute: &Attribute, name: &str) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == name)
}

fn take(attributes: &mut Vec<Attribute>, wanted: impl Fn(&Attribute) -> bool) -> Vec<Attribute> {
    attributes.extract_if(.., |attribute| wanted(attribute)).collect()
}

/// What an item is called, and where to point.
fn kind_of(item: Item) -> (&'static str, Span) {
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
