//! What can be seen of a type without knowing it. Changes when types get new syntax.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Type, TypeReference};

/// What a written type cannot be, in the order in which it is worth saying.
pub(super) enum Flaw {
    Borrowed,
    ImplTrait,
    MentionsSelf,
}

/// The first reason why `ty` cannot travel, if one is visible.
pub(super) fn flaw(ty: &Type) -> Option<Flaw> {
    flaw_in(ty.to_token_stream())
}

/// The type without parentheses and the invisible delimiters of `macro_rules!`.
pub(super) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

/// What to write instead of a borrowed type.
pub(super) fn owned(ty: &Type) -> &'static str {
    let Type::Reference(TypeReference { elem, .. }) = bare(ty) else { return "an owned type" };
    match bare(elem) {
        Type::Slice(_) => "a `Vec`",
        elem if last_segment_is(elem, "str") => "`String`",
        elem if last_segment_is(elem, "Path") => "`PathBuf`",
        _ => "the type without `&`",
    }
}

/// Whether `ty` is a path that ends in `name`.
pub(super) fn last_segment_is(ty: &Type, name: &str) -> bool {
    matches!(bare(ty), Type::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == name))
}

/// Whether `ty` is to travel as raw bytes. That it is the right `Bytes`, the compiler finds.
pub(super) fn are_bytes(ty: &Type) -> bool {
    last_segment_is(ty, "Bytes")
}

fn flaw_in(tokens: TokenStream) -> Option<Flaw> {
    let mut ends_operand = false;
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match &token {
            // After an operand it is the operator, in the length of an array.
            TokenTree::Punct(punct) if punct.as_char() == '&' && !ends_operand => {
                return Some(Flaw::Borrowed);
            }
            TokenTree::Punct(punct)
                if punct.as_char() == '\''
                    && tokens.next().is_some_and(|lifetime| lifetime.to_string() != "static") =>
            {
                return Some(Flaw::Borrowed);
            }
            TokenTree::Ident(ident) if ident == "impl" => return Some(Flaw::ImplTrait),
            TokenTree::Ident(ident) if ident == "Self" => return Some(Flaw::MentionsSelf),
            TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => {
                if let Some(flaw) = flaw_in(group.stream()) {
                    return Some(flaw);
                }
            }
            _ => {}
        }
        ends_operand = !matches!(token, TokenTree::Punct(_));
    }
    None
}
