//! The function that describes a service, and the schemas of its requests. Changes when descriptions do.
//!
//! It is emitted only where the trait asks for it, through a macro of the contract crate: where that has no
//! feature `schema`, the macro fails with one message. Cargo decides about features of a whole build, so that the
//! request itself has no derive: a type without `JsonSchema` elsewhere would not compile then.

mod assertions;
mod request_schema;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{bounds, doc_links, lints, runtime::Runtime};
use crate::model::{
    Body, Conditional, Documentation, Kind, LockedValue, Method, Parameter, Returns, Service, WireName,
};

/// The function, and `JsonSchema` of the requests.
pub(super) fn description(runtime: &Runtime, service: &Service) -> Option<TokenStream> {
    let function = service.description.as_ref()?;
    let (cfgs, allowed) = (&service.attributes.cfgs, lints::allowed(service));
    let with_schema = &runtime.with_schema;
    // A program may not use it yet: what a constant mentions is used.
    let used = lints::written_by_macro(quote!(let _ = #function;));
    let function = lints::written_by_macro(self::function(runtime, service, function));
    let assertions = assertions::assertions(runtime, service);
    let schemas = service.methods.iter().filter_map(|method| request_schema::request_schema(runtime, method));
    let schemas = lints::written_by_macro(quote!(#( #schemas )*));
    Some(quote! {
        #( #cfgs )*
        #with_schema! {
            #function

            #allowed
            const _: () = {
                #assertions
                #schemas
                #used
            };
        }
    })
}

fn function(runtime: &Runtime, service: &Service, function: &syn::Ident) -> TokenStream {
    let Service { visibility, attributes, name, .. } = service;
    let Runtime { describe, service_description, .. } = runtime;
    let (deprecations, allowed) = (&attributes.deprecations, lints::allowed(service));
    let doc = format!(
        " Describes {}: its methods, and the schemas of their messages.",
        doc_links::to_trait(service)
    );
    let documentation = documentation(&attributes.documentation);
    let methods = service.methods.iter().map(|method| describe_method(runtime, method));
    quote! {
        #[doc = #doc]
        #( #deprecations )*
        #[must_use]
        #allowed
        #visibility fn #function() -> #service_description {
            let mut __service =
                #describe::new(#name, ::core::option_env!("CARGO_PKG_VERSION"), #documentation);
            #( #methods )*
            #describe::finish(__service)
        }
    }
}

/// The statement that describes `method`.
fn describe_method(runtime: &Runtime, method: &Method) -> TokenStream {
    let (cfgs, request, describe) = (&method.attributes.cfgs, &method.request, &runtime.describe);
    let documentation = documentation(&method.attributes.documentation);
    let schema = (method.body != Body::Raw).then(|| quote!(.request::<#request>()));
    let locked = method.lock.as_ref().and_then(|lock| lock.value.as_ref());
    let lock_key = locked.map(|value| {
        let key = lock_key(method, value);
        quote!(.lock_key(#key))
    });
    let example = method.example.as_ref().map(|example| {
        let json = &example.text;
        quote!(.example(#json))
    });
    let outcome = (method.kind == Kind::Call).then(|| outcome(runtime, method));
    quote! {
        #( #cfgs )*
        #describe::method(&mut __service, #request::METHOD, #documentation) #schema #lock_key #example #outcome;
    }
}

/// Where the value stands in a request: its path, which begins with a name on the wire.
fn lock_key(method: &Method, value: &LockedValue) -> String {
    let parameter = method.parameters().find(|parameter| parameter.ident == value.parameter);
    match parameter.map(|parameter| &parameter.wire_name) {
        Some(WireName::Own(name)) => value.path(Some(name.clone())),
        // Its fields are members of the request.
        Some(WireName::Flattened) if !value.fields.is_empty() => value.path(None),
        _ => value.name(),
    }
}

/// The schemas of what a call returns.
fn outcome(runtime: &Runtime, method: &Method) -> TokenStream {
    let fallible = &runtime.fallible;
    let (value, error) = match &method.returns {
        Returns::Plain(value) => (value.to_token_stream(), None),
        Returns::Fallible { value, error, .. } => (value.to_token_stream(), Some(error.to_token_stream())),
        Returns::Alias(declared) => {
            (quote!(<#declared as #fallible>::Value), Some(quote!(<#declared as #fallible>::Error)))
        }
    };
    let reply = if method.returns_raw { quote!(.raw_reply()) } else { quote!(.reply::<#value>()) };
    let error = error.map(|error| quote!(.error::<#error>()));
    quote!(#reply #error)
}

/// The lines of documentation, and the deprecation if there is one: two arguments.
fn documentation(documentation: &Documentation) -> TokenStream {
    let lines = documentation.lines.iter().map(|line| {
        let (conditions, text) = (conditions(line), &line.value);
        quote!(#conditions #text)
    });
    let deprecations = documentation.deprecations.iter().map(|deprecation| {
        let (conditions, value) = (conditions(deprecation), &deprecation.value);
        let (since, note) = (optional(value.since.as_ref()), optional(value.note.as_ref()));
        quote!(#conditions (#since, #note))
    });
    quote!(&[#( #lines ),*], &[#( #deprecations ),*])
}

fn conditions<T>(of: &Conditional<T>) -> TokenStream {
    let conditions = &of.conditions;
    quote!(#( #[cfg(#conditions)] )*)
}

fn optional(value: Option<&syn::Expr>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

/// The parameters that are described by `JsonSchema` of their types.
fn described(method: &Method) -> impl Iterator<Item = &Parameter> {
    method.parameters().filter(|parameter| !parameter.has_custom_serde && parameter.schemars.is_empty())
}
