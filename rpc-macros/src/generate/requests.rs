//! The two wire structs of a method and what they say of it. Changes when the contract with the runtime does.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use super::{bounds, conditions, link_to_method, private, quiet};
use crate::{
    model::{Body, Kind, Method, Parameter, Repetition, Returns, Service},
    names,
};

/// The request and the response of `method`.
pub(super) fn request_and_response(service: &Service, method: &Method) -> TokenStream {
    let request = request(service, method);
    let response = (method.kind == Kind::Call).then(|| response(service, method));
    quote!(#request #response)
}

fn request(service: &Service, method: &Method) -> TokenStream {
    let (visibility, request) = (&service.visibility, &method.request);
    let (private, quiet, conditions) = (private(service), quiet(), conditions(service, method));
    let doc = format!(" The request of {}, as it travels.", link_to_method(service, method));
    let bound = bounds::bound(service, method);
    let wire = wire_attributes(service, method.body != Body::Named, bound.as_ref());
    let (rules, validate) = rules(service, method);
    let fields = method.parameters().map(|parameter| field(service, parameter));
    let definition = definition(service, method);
    let (response, error) = answers(service, method);
    let marker = match method.kind {
        Kind::Call => None,
        Kind::Notify => Some(quote!(#conditions #quiet impl #private::Notification for #request {})),
        Kind::Event => Some(quote!(#conditions #quiet impl #private::Event for #request {})),
    };
    let debug = debug(service, method, request);
    let raw = method.parameters().next().filter(|_| method.body == Body::Raw).map(|parameter| {
        let ident = &parameter.ident;
        raw(service, &parameter.ty, &quote!(#ident))
    });
    quote! {
        #conditions
        #[doc = #doc]
        #wire
        #rules
        #quiet
        #visibility struct #request {
            #( #fields, )*
        }

        #conditions
        #quiet
        impl #request {
            /// Names, address and promises of the method.
            #visibility const METHOD: &'static #private::MethodDef = &#definition;
        }

        #conditions
        #quiet
        impl #private::Request for #request {
            const METHOD: &'static #private::MethodDef = Self::METHOD;
            type Response = #response;
            type Error = #error;
            #raw
            #validate
        }

        #marker
        #debug
    }
}

/// The types of what comes back: the response and the method's own error.
fn answers(service: &Service, method: &Method) -> (TokenStream, TokenStream) {
    let private = private(service);
    if method.kind != Kind::Call {
        return (quote!(#private::NoReply), quote!(#private::NoError));
    }
    let error = match &method.returns {
        Returns::Plain(_) => quote!(#private::NoError),
        Returns::Fallible { error, .. } => error.to_token_stream(),
        Returns::Alias(declared) => quote!(<#declared as #private::Fallible>::Error),
    };
    (method.response.to_token_stream(), error)
}

fn response(service: &Service, method: &Method) -> TokenStream {
    let (visibility, response) = (&service.visibility, &method.response);
    let (private, quiet, conditions) = (private(service), quiet(), conditions(service, method));
    let doc = format!(" What {} returns, as it travels.", link_to_method(service, method));
    let wire = wire_attributes(service, true, None);
    let value = match &method.returns {
        Returns::Plain(value) | Returns::Fallible { value, .. } => value.to_token_stream(),
        Returns::Alias(declared) => quote!(<#declared as #private::Fallible>::Value),
    };
    let span = || Span::call_site().located_at(value.span());
    let validate = method.validates_result.then(|| validate(service, &quote!(&self.0), span()));
    let raw =
        method.returns.value().filter(|_| method.returns_raw).map(|value| raw(service, value, &quote!(0)));
    let debug = debug(service, method, response);
    quote! {
        #conditions
        #[doc = #doc]
        #wire
        #quiet
        #visibility struct #response(
            /// The value.
            #visibility #value,
        );

        #conditions
        #quiet
        impl #private::Response for #response {
            type Value = #value;
            fn from_value(value: Self::Value) -> Self {
                Self(value)
            }
            fn into_value(self) -> Self::Value {
                self.0
            }
            #raw
            #validate
        }

        #debug
    }
}

/// How the field `member`, of type `ty`, is the whole body.
fn raw(service: &Service, ty: &Type, member: &TokenStream) -> TokenStream {
    let private = private(service);
    let to_body = quote_spanned!(ty.span()=> <#ty as #private::RawBody>::to_body);
    let from_body = quote_spanned!(ty.span()=> <#ty as #private::RawBody>::from_body);
    quote! {
        fn to_raw(&self) -> ::core::option::Option<#private::Bytes> {
            ::core::option::Option::Some(#to_body(&self.#member))
        }
        fn from_raw(body: #private::Bytes) -> ::core::result::Result<Self, #private::Bytes> {
            ::core::result::Result::Ok(Self { #member: #from_body(body) })
        }
    }
}

/// Garde's derive, which names its own crate, and the check that it makes, if there are rules for any parameter.
fn rules(service: &Service, method: &Method) -> (Option<TokenStream>, Option<TokenStream>) {
    let Some(rules) = method.parameters().find_map(|parameter| parameter.garde) else {
        return (None, None);
    };
    let fields = match method.body {
        Body::Named => quote!(allow_unvalidated),
        Body::Bare | Body::Raw => quote!(transparent),
    };
    // What garde has to say of them is said there, and not above the trait.
    let span = Span::call_site().located_at(rules);
    let derive = quote_spanned!(span=> #[derive(::garde::Validate)] #[garde(#fields)]);
    (Some(derive), Some(validate(service, &quote!(self), span)))
}

fn validate(service: &Service, value: &TokenStream, span: Span) -> TokenStream {
    let private = private(service);
    let (check, value) = (located(quote!(#private::check_by_garde), span), located(value.clone(), span));
    let check = quote_spanned!(span=> #check(#value));
    quote! {
        fn validate(&self) -> ::core::result::Result<(), #private::Violations> {
            #check
        }
    }
}

/// The same tokens, shown at `span` in what rustc has to say: of an expression that begins elsewhere it shows all that is between.
fn located(tokens: TokenStream, span: Span) -> TokenStream {
    let located = tokens.into_iter().map(|mut token| {
        token.set_span(token.span().located_at(span));
        token
    });
    located.collect()
}

/// Serde's derives, found through the runtime.
fn wire_attributes(service: &Service, is_transparent: bool, bound: Option<&TokenStream>) -> TokenStream {
    let private = private(service);
    let serde = bounds::path_in_string(&quote!(#private::serde));
    let transparent = is_transparent.then(|| quote!(, transparent));
    quote! {
        #[derive(#private::serde::Serialize, #private::serde::Deserialize)]
        #[serde(crate = #serde #transparent #bound)]
    }
}

fn field(service: &Service, parameter: &Parameter) -> TokenStream {
    let Parameter { ident, ty, field_attributes, is_documented, .. } = parameter;
    let visibility = &service.visibility;
    let doc = (!is_documented).then(|| {
        let doc = format!(" The parameter `{}`.", names::unraw(ident));
        quote!(#[doc = #doc])
    });
    quote!(#doc #( #field_attributes )* #visibility #ident: #ty)
}

/// The method's entry in the service; only what differs from the defaults of `MethodDef::new` is said.
fn definition(service: &Service, method: &Method) -> TokenStream {
    let private = private(service);
    let (name, address) = (&service.name, &method.address);
    let full_name = &address.full_name;
    let (kind, usual_exchange, usual_queue) = match method.kind {
        Kind::Call => (None, names::DEFAULT_EXCHANGE, name.as_str()),
        Kind::Notify => (Some(quote!(.notify())), names::DEFAULT_EXCHANGE, name.as_str()),
        Kind::Event => (Some(quote!(.event())), names::EVENT_EXCHANGE, ""),
    };
    let exchange = (address.exchange != usual_exchange).then(|| {
        let exchange = &address.exchange;
        quote!(.exchange(#exchange))
    });
    let routing_key = (address.routing_key != *full_name).then(|| {
        let routing_key = &address.routing_key;
        quote!(.routing_key(#routing_key))
    });
    let queue = (address.queue != usual_queue).then(|| {
        let queue = &address.queue;
        quote!(.queue(#queue))
    });
    let timeout = method.timeout.map(|timeout| {
        let milliseconds = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        quote!(.timeout(#private::Duration::from_millis(#milliseconds)))
    });
    let repetition = match method.repetition {
        Repetition::Undeclared => None,
        Repetition::Idempotent => Some(quote!(.repetition(#private::Repetition::Idempotent))),
        Repetition::AtMostOnce => Some(quote!(.repetition(#private::Repetition::AtMostOnce))),
    };
    let raw = (method.body == Body::Raw).then(|| quote!(.reading_anything()));
    quote!(#private::MethodDef::new(#name, #full_name) #kind #exchange #routing_key #queue #timeout #repetition #raw)
}

/// Shows the name only: parameters may be secrets, and need not be `Debug`.
fn debug(service: &Service, method: &Method, ident: &syn::Ident) -> TokenStream {
    let (conditions, quiet, name) = (conditions(service, method), quiet(), names::unraw(ident));
    quote! {
        #conditions
        #quiet
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::DebugStruct::finish_non_exhaustive(&mut ::core::fmt::Formatter::debug_struct(formatter, #name))
            }
        }
    }
}
