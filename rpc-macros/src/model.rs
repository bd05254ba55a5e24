//! The model of a valid service. Changes when services can do something new.
//!
//! Only `validate` builds it, so generation has nothing to check.

mod attributes;
mod documentation;
mod lock;

use std::time::Duration;

use proc_macro2::Span;
use syn::{Attribute, Ident, Path, TraitItem, Type, TypeParamBound, Visibility};

use crate::attrs::Json;

pub(crate) use self::{
    attributes::Attributes,
    documentation::{Conditional, Documentation},
    lock::{Lock, LockScope, LockedValue},
};

/// A service, ready to be generated.
pub(crate) struct Service {
    pub(crate) ident: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) attributes: Attributes,
    pub(crate) supertraits: Vec<TypeParamBound>,
    /// The crate that re-exports the runtime.
    pub(crate) krate: Path,
    /// The wire name.
    pub(crate) name: String,
    pub(crate) client: Ident,
    pub(crate) server: Ident,
    /// The type parameter of the server.
    pub(crate) implementation: Ident,
    /// The number of partitions of its locks in a cluster.
    pub(crate) lock_partitions: u16,
    /// The function that describes it, if it is described.
    pub(crate) description: Option<Ident>,
    pub(crate) methods: Vec<Method>,
    /// Invalid items. Only the trait holds them, so that implementations still match it.
    pub(crate) rejected: Vec<TraitItem>,
}

/// A method of a service.
pub(crate) struct Method {
    pub(crate) ident: Ident,
    pub(crate) attributes: Attributes,
    pub(crate) inputs: Vec<Input>,
    pub(crate) kind: Kind,
    pub(crate) returns: Returns,
    /// The struct that holds its parameters.
    pub(crate) request: Ident,
    /// The struct that holds its value; not generated for one-way messages.
    pub(crate) response: Ident,
    /// Its value is sent as raw bytes.
    pub(crate) returns_raw: bool,
    pub(crate) address: Address,
    pub(crate) timeout: Option<Duration>,
    pub(crate) repetition: Repetition,
    /// The server cancels it when its caller's deadline has passed.
    pub(crate) cancel_when_late: bool,
    pub(crate) lock: Option<Lock>,
    pub(crate) body: Body,
    /// The body of a request, as JSON, for its description.
    pub(crate) example: Option<Json>,
    pub(crate) run: RunMode,
    /// Its value is validated before it is sent.
    pub(crate) validates_result: bool,
}

/// An input of a method besides `&self`.
pub(crate) enum Input {
    /// Sent by the client.
    Parameter(Parameter),
    /// Supplied by the server.
    Context(Context),
}

/// A parameter that the client sends.
pub(crate) struct Parameter {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// Attributes that stay in the trait.
    pub(crate) attributes: Vec<Attribute>,
    /// Doc comments, `#[serde(..)]` and `#[garde(..)]` of the request's field.
    pub(crate) field_attributes: Vec<Attribute>,
    /// `#[schemars(..)]`, for its description.
    pub(crate) schemars: Vec<Attribute>,
    /// The span of its first `#[garde(..)]`.
    pub(crate) garde: Option<Span>,
    pub(crate) is_documented: bool,
    /// A serde attribute replaces the implementations of its type, which then needs none.
    pub(crate) has_custom_serde: bool,
    pub(crate) wire_name: WireName,
    /// Further names that it is read by.
    pub(crate) aliases: Vec<String>,
}

/// The name that a parameter is read by.
pub(crate) enum WireName {
    Own(String),
    /// Its members stand beside the other parameters; only its type knows their names.
    Flattened,
    /// It is not read.
    Skipped,
}

/// The parameter that receives the call's context.
pub(crate) struct Context {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// Attributes that stay in the trait.
    pub(crate) attributes: Vec<Attribute>,
}

/// The return type of a method.
#[expect(clippy::large_enum_variant, reason = "there is one for each method, and it does not move")]
pub(crate) enum Returns {
    /// A value without an error.
    Plain(Type),
    /// `Result<T, E>`; `declared` is the whole type.
    Fallible { declared: Type, value: Type, error: Type },
    /// An alias named `Result`; only the compiler knows its value and its error.
    Alias(Type),
}

/// The wire names of a method.
pub(crate) struct Address {
    /// `{service}.{method}`.
    pub(crate) full_name: String,
    pub(crate) exchange: String,
    pub(crate) routing_key: String,
    /// Empty for an event.
    pub(crate) queue: String,
}

/// The kind of message that a method is called by.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// One server replies.
    Call,
    /// One-way: one server runs it, without a reply.
    Notify,
    /// One-way: all subscribers receive it, without a reply.
    Event,
}

/// The rule for a call that is delivered more than once.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Repetition {
    Undeclared,
    Idempotent,
    AtMostOnce,
    Deduplicated,
}

/// The layout of a request's body.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Body {
    /// An object with a field for each parameter.
    Named,
    /// The single parameter itself.
    Bare,
    /// The single parameter itself, as raw bytes.
    Raw,
}

/// The kind of thread that the server runs a method on.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum RunMode {
    /// A thread of the async runtime.
    Async,
    /// A thread that may block.
    Blocking,
}

impl Returns {
    /// The whole return type.
    pub(crate) fn declared(&self) -> &Type {
        match self {
            Self::Plain(declared) | Self::Alias(declared) | Self::Fallible { declared, .. } => declared,
        }
    }

    /// The type of the value, unless it is `()`; `None` for an alias, whose value only the compiler knows.
    pub(crate) fn value(&self) -> Option<&Type> {
        let (Self::Plain(value) | Self::Fallible { value, .. }) = self else { return None };
        let is_unit = matches!(value, Type::Tuple(tuple) if tuple.elems.is_empty());
        (!is_unit).then_some(value)
    }
}

impl Method {
    /// The parameters that the client sends.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.inputs.iter().filter_map(Input::as_parameter)
    }

    /// The types that are generated from it: its request, and of a call its response.
    pub(crate) fn types(&self) -> impl Iterator<Item = &Ident> {
        let response = (self.kind == Kind::Call).then_some(&self.response);
        std::iter::once(&self.request).chain(response)
    }
}

impl Input {
    /// The parameter, if the client sends it.
    pub(crate) fn as_parameter(&self) -> Option<&Parameter> {
        match self {
            Self::Parameter(parameter) => Some(parameter),
            Self::Context(_) => None,
        }
    }
}
