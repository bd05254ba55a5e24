//! What a valid trait means. Changes when services can do something new.
//!
//! Only `validate` builds these, so generation never has to check anything.

use std::time::Duration;

use proc_macro2::Span;
use syn::{Attribute, Ident, Path, TraitItem, Type, TypeParamBound, Visibility};

/// A service, ready to be generated.
pub(crate) struct Service {
    pub(crate) ident: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) attributes: Attributes,
    pub(crate) supertraits: Vec<TypeParamBound>,
    /// Where the runtime is found.
    pub(crate) krate: Path,
    /// Name on the wire.
    pub(crate) name: String,
    pub(crate) client: Ident,
    pub(crate) server: Ident,
    /// The type parameter of the server.
    pub(crate) implementation: Ident,
    pub(crate) methods: Vec<Method>,
    /// Items that broke a rule: part of the trait and of nothing else, so that implementations still fit.
    pub(crate) refused: Vec<TraitItem>,
}

/// A method of a service.
pub(crate) struct Method {
    pub(crate) ident: Ident,
    pub(crate) attributes: Attributes,
    pub(crate) inputs: Vec<Input>,
    pub(crate) kind: Kind,
    pub(crate) returns: Returns,
    /// The wire struct of its parameters.
    pub(crate) request: Ident,
    /// The wire struct of its value; unused where nobody answers.
    pub(crate) response: Ident,
    /// Whether its value is bytes already.
    pub(crate) returns_raw: bool,
    pub(crate) address: Address,
    pub(crate) timeout: Option<Duration>,
    pub(crate) repetition: Repetition,
    pub(crate) body: Body,
    pub(crate) run: Run,
    /// Whether its value is checked before it is sent.
    pub(crate) validates_result: bool,
}

/// Attributes that are not ours, sorted by where else they belong.
pub(crate) struct Attributes {
    /// All of them; they stay on the trait or its method.
    pub(crate) kept: Vec<Attribute>,
    /// Every generated item exists under the same conditions.
    pub(crate) cfgs: Vec<Attribute>,
    /// Docs and deprecation, which the client repeats.
    pub(crate) docs: Vec<Attribute>,
    pub(crate) deprecations: Vec<Attribute>,
}

/// Something a method takes besides `&self`.
pub(crate) enum Input {
    /// Sent by the client.
    Parameter(Parameter),
    /// Supplied by the server.
    Context(Context),
}

/// A parameter that travels.
pub(crate) struct Parameter {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// Attributes of the parameter in the trait.
    pub(crate) kept: Vec<Attribute>,
    /// Doc comments, `#[serde(..)]` and `#[garde(..)]` of the request's field.
    pub(crate) field: Vec<Attribute>,
    /// Where the rules for its value stand, if there are any.
    pub(crate) rules: Option<Span>,
    pub(crate) documented: bool,
    /// Whether serde treats the field in its own way, so that its type need not be serializable.
    pub(crate) custom: bool,
}

/// The parameter that receives what the server knows of the call.
pub(crate) struct Context {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) kept: Vec<Attribute>,
}

/// What a method gives back.
#[expect(clippy::large_enum_variant, reason = "there is one for each method, and it does not move")]
pub(crate) enum Returns {
    /// A value; there is no error of its own.
    Plain(Type),
    /// `Result<T, E>`; `written` is all of it.
    Fallible { written: Type, value: Type, error: Type },
    /// An alias named `Result`, whose value and error only the compiler knows.
    Alias(Type),
}

/// Under which names a method is reached.
pub(crate) struct Address {
    /// `{service}.{method}`.
    pub(crate) full_name: String,
    pub(crate) exchange: String,
    pub(crate) routing_key: String,
    /// Empty for an event.
    pub(crate) queue: String,
}

/// What a method is to its clients.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Call,
    /// One server runs it, nobody answers.
    Notify,
    /// All subscribers receive it, nobody answers.
    Event,
}

/// What may happen when one call reaches servers twice.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Repetition {
    Undeclared,
    Idempotent,
    AtMostOnce,
}

/// What the body of a request looks like.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Body {
    /// An object with a field for each parameter.
    Named,
    /// The one parameter itself.
    Bare,
    /// The same, which is bytes already.
    Raw,
}

/// Where a method runs.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Run {
    Async,
    Blocking,
}

impl Attributes {
    /// Sorts `attributes`.
    pub(crate) fn sort(attributes: &[Attribute]) -> Self {
        let named = |name: &str| -> Vec<Attribute> {
            attributes.iter().filter(|attribute| attribute.path().is_ident(name)).cloned().collect()
        };
        Self {
            kept: attributes.to_vec(),
            cfgs: named("cfg"),
            docs: named("doc"),
            deprecations: named("deprecated"),
        }
    }
}

impl Returns {
    /// What the method would answer with, unless that is nothing. Of an alias only the compiler knows.
    pub(crate) fn answer(&self) -> Option<&Type> {
        let (Self::Plain(value) | Self::Fallible { value, .. }) = self else { return None };
        let is_nothing = matches!(value, Type::Tuple(tuple) if tuple.elems.is_empty());
        (!is_nothing).then_some(value)
    }
}

impl Method {
    /// The parameters that travel.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.inputs.iter().filter_map(|input| match input {
            Input::Parameter(parameter) => Some(parameter),
            Input::Context(_) => None,
        })
    }
}
