//! What a call of the client resolves to, as a sentence of its documentation.

use std::time::Duration;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

use crate::model::{Kind, Lock, Method, Repetition, Returns};

/// Such as "Resolves to `Result<Order, CallError<OrdersError>>`. Idempotent. Times out after 5 s."
pub(super) fn outcome(method: &Method) -> String {
    let outcome = match (&method.kind, &method.returns) {
        (Kind::Notify | Kind::Event, _) => {
            "`Result<(), CallError<NoError>>`, when the broker has confirmed the message".to_owned()
        }
        (Kind::Call, Returns::Plain(value)) => format!("`Result<{}, CallError<NoError>>`", text(value)),
        (Kind::Call, Returns::Fallible { value, error, .. }) => {
            format!("`Result<{}, CallError<{}>>`", text(value), text(error))
        }
        (Kind::Call, Returns::Alias(declared)) => {
            format!("the value of `{}`, or a `CallError` of its error", text(declared))
        }
    };
    let repetition = match method.repetition {
        Repetition::Undeclared => "",
        Repetition::Idempotent => " Idempotent.",
        Repetition::AtMostOnce => " Runs at most once.",
        Repetition::Deduplicated => " Deduplicated by its idempotency key.",
    };
    let lock = match &method.lock {
        None => String::new(),
        Some(Lock { value: None, .. }) => " Runs one at a time.".to_owned(),
        Some(Lock { value: Some(value), .. }) => format!(" Runs one at a time for each `{}`.", value.name()),
    };
    let timeout = method.timeout.map(|timeout| format!(" Times out after {}.", duration(timeout)));
    format!("Resolves to {outcome}.{repetition}{lock}{}", timeout.unwrap_or_default())
}

/// In the largest unit of which it is a whole number.
fn duration(duration: Duration) -> String {
    let units = [(3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    let millis = duration.as_millis();
    let (unit, name) = units.into_iter().find(|(unit, _)| millis.is_multiple_of(*unit)).unwrap_or((1, "ms"));
    format!("{} {name}", millis / unit)
}

/// The type as rustfmt would write it on one line. Tokens alone are printed with spaces between them.
fn text(ty: &impl ToTokens) -> String {
    let mut text = String::new();
    write(ty.to_token_stream(), None, &mut text);
    text
}

/// Writes the tokens of a type, or of a group in it that follows `before`.
fn write(tokens: TokenStream, before: Option<&TokenTree>, text: &mut String) {
    let mut previous: Option<TokenTree> = None;
    let mut commas = 0;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if needs_space(previous.as_ref(), &token) && !text.ends_with(' ') {
            text.push(' ');
        }
        match &token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{ ", " }"),
                    // The macro that wrote the type has put it there.
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write(group.stream(), previous.as_ref(), text);
                text.push_str(close);
            }
            TokenTree::Punct(punct) => match (punct.as_char(), punct.spacing()) {
                (',', _) => {
                    commas += 1;
                    // A list may end with a comma; of a tuple with one element it is a part.
                    let is_last = tokens.peek().is_none_or(|next| is_sign(next, '>'));
                    let is_tuple = tokens.peek().is_none() && commas == 1 && !is_word(before);
                    match (is_last, is_tuple) {
                        (true, true) => text.push(','),
                        (true, false) => {}
                        (false, _) => text.push_str(", "),
                    }
                }
                (';', _) => text.push_str("; "),
                (sign @ ('+' | '='), Spacing::Alone) => text.extend([' ', sign, ' ']),
                ('-', Spacing::Joint) => text.push_str(" -"),
                ('>', _) if text.ends_with(" -") => text.push_str("> "),
                (sign, _) => text.push(sign),
            },
            word => text.push_str(&word.to_string()),
        }
        previous = Some(token);
    }
}

/// Returns whether the two would read as one, or do so in a reader's eyes.
fn needs_space(previous: Option<&TokenTree>, next: &TokenTree) -> bool {
    let Some(previous) = previous else { return false };
    let follows_keyword = matches!(previous, TokenTree::Ident(word) if word == "dyn" || word == "as");
    let follows_lifetimes = is_sign(previous, '>') && is_word(Some(next));
    // Only a slice can follow a word, such as a lifetime: other brackets follow a sign.
    let is_slice = matches!(next, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket);
    let follows_word = is_word(Some(previous)) && (is_word(Some(next)) || is_slice);
    follows_keyword || follows_lifetimes || follows_word
}

fn is_word(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Ident(_) | TokenTree::Literal(_)))
}

fn is_sign(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_as_a_reader_would() {
        for written in [
            "u64",
            "Vec<Option<crate::Order>>",
            "HashMap<String, Vec<u8>>",
            "(u8, String)",
            "[u8; 32]",
            "()",
            "Box<dyn Fn(u8, u16) -> Page<Order> + Send>",
            "<Order as Entity>::Id",
            "::std::string::String",
            "(u8,)",
            "Vec<((u8,), (u8, u16))>",
            "Box<dyn Fn() -> (u8,)>",
            "Box<dyn for<'a> Fn(&'a str, u8) -> &'a [u8] + 'static>",
            "Box<dyn ::std::error::Error + Send>",
            "Box<dyn Iterator<Item = Vec<u8>> + Send>",
            "<Order as ::entities::Entity<'static>>::Id",
            "[Vec<u8>; { N }]",
        ] {
            assert_eq!(text(&parsed(written)), written);
        }
    }

    #[test]
    fn a_list_of_types_ends_without_a_comma() {
        for (written, expected) in [
            ("HashMap<String, u8,>", "HashMap<String, u8>"),
            ("(u8, u16,)", "(u8, u16)"),
            ("Vec<(u8,),>", "Vec<(u8,)>"),
            ("Box<dyn Fn(u8,) -> (u8, u16,),>", "Box<dyn Fn(u8) -> (u8, u16)>"),
            ("Page< HashMap<Id, (Order,),> , >", "Page<HashMap<Id, (Order,)>>"),
        ] {
            assert_eq!(text(&parsed(written)), expected);
        }
    }

    fn parsed(written: &str) -> syn::Type {
        syn::parse_str(written).unwrap_or_else(|error| panic!("{written}: {error}"))
    }

    #[test]
    fn times_are_written_in_their_largest_unit() {
        for (millis, written) in [
            (5_000, "5 s"),
            (90_000, "90 s"),
            (1_500, "1500 ms"),
            (60_000, "1 min"),
            (300_000, "5 min"),
            (5_400_000, "90 min"),
            (7_200_000, "2 h"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), written);
        }
    }
}
