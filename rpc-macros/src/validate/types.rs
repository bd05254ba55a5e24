//! Checks the syntax of a type, without resolving it. Changes when types get new syntax.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, Ident, PathArguments, Type, TypeParamBound, TypeReference};

/// A reason why a type cannot be sent, as far as its syntax shows it.
pub(super) enum Unsupported {
    Borrowed,
    ImplTrait,
    MentionsSelf,
}

/// The first reason why `ty` cannot be sent, if its syntax shows one.
pub(super) fn unsupported(ty: &Type) -> Option<Unsupported> {
    find_unsupported(ty.to_token_stream())
}

/// The type without parentheses and the invisible delimiters of `macro_rules!`.
pub(super) fn ungroup(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungroup(&group.elem),
        Type::Paren(paren) => ungroup(&paren.elem),
        other => other,
    }
}

/// The owned type to suggest for a borrowed one, in words.
pub(super) fn owned_alternative(ty: &Type) -> &'static str {
    let Type::Reference(TypeReference { elem, .. }) = ungroup(ty) else { return "an owned type" };
    match ungroup(elem) {
        Type::Slice(_) => "a `Vec`",
        elem if last_segment_is(elem, "str") => "`String`",
        elem if last_segment_is(elem, "Path") => "`PathBuf`",
        _ => "the type without `&`",
    }
}

/// Compares the last segment of a path with `name`.
pub(super) fn last_segment_is(ty: &Type, name: &str) -> bool {
    matches!(ungroup(ty), Type::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == name))
}

/// Recognizes raw bytes by the type's name. The compiler checks that it is the runtime's `Bytes`.
pub(super) fn is_bytes(ty: &Type) -> bool {
    last_segment_is(ty, "Bytes")
}

/// Recognizes a pointer to `dyn Error`, such as `Box<dyn std::error::Error + Send + Sync>`.
pub(super) fn is_dyn_error(ty: &Type) -> bool {
    let Type::Path(path) = ungroup(ty) else { return false };
    let Some(PathArguments::AngleBracketed(arguments)) =
        path.path.segments.last().map(|last| &last.arguments)
    else {
        return false;
    };
    arguments.args.iter().any(|argument| match argument {
        GenericArgument::Type(Type::TraitObject(object)) => object.bounds.iter().any(|bound| match bound {
            TypeParamBound::Trait(bound) => {
                bound.path.segments.last().is_some_and(|segment| segment.ident == "Error")
            }
            _ => false,
        }),
        _ => false,
    })
}

/// The first name in `ty` that stands alone, without a path, and that `wanted` accepts.
pub(super) fn find_name(ty: &Type, wanted: impl Fn(&Ident) -> bool) -> Option<Ident> {
    find_name_in(ty.to_token_stream(), &wanted)
}

fn find_name_in(tokens: TokenStream, wanted: &impl Fn(&Ident) -> bool) -> Option<Ident> {
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
    let mut follows_colon = false;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_in_path = follows_colon || tokens.peek().is_some_and(is_colon);
        follows_colon = is_colon(&token);
        let found = match token {
            TokenTree::Ident(name) => Some(name).filter(|name| !is_in_path && wanted(name)),
            TokenTree::Group(group) => find_name_in(group.stream(), wanted),
            TokenTree::Punct(_) | TokenTree::Literal(_) => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn find_unsupported(tokens: TokenStream) -> Option<Unsupported> {
    let mut ends_operand = false;
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match &token {
            // After an operand `&` is the operator, as in the length of an array.
            TokenTree::Punct(punct) if punct.as_char() == '&' && !ends_operand => {
                return Some(Unsupported::Borrowed);
            }
            TokenTree::Punct(punct)
                if punct.as_char() == '\''
                    && tokens.next().is_some_and(|lifetime| lifetime.to_string() != "static") =>
            {
                return Some(Unsupported::Borrowed);
            }
            TokenTree::Ident(ident) if ident == "impl" => return Some(Unsupported::ImplTrait),
            TokenTree::Ident(ident) if ident == "Self" => return Some(Unsupported::MentionsSelf),
            TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => {
                if let Some(unsupported) = find_unsupported(group.stream()) {
                    return Some(unsupported);
                }
            }
            _ => {}
        }
        ends_operand = !matches!(token, TokenTree::Punct(_));
    }
    None
}
