//! What a call of the client resolves to, as a sentence of its documentation.

use std::time::Duration;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

use crate::model::{Kind, Method, Repetition, Returns};

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
    };
    let timeout = method.timeout.map(|timeout| format!(" Times out after {}.", duration(timeout)));
    format!("Resolves to {outcome}.{repetition}{}", timeout.unwrap_or_default())
}

fn duration(duration: Duration) -> String {
    match duration.as_millis() {
        millis if millis % 1000 == 0 => format!("{} s", millis / 1000),
        millis => format!("{millis} ms"),
    }
}

/// The type as rustfmt would write it on one line. Tokens alone are printed with spaces between them.
fn text(ty: &impl ToTokens) -> String {
    let mut text = String::new();
    write(ty.to_token_stream(), &mut text);
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    // Two tokens that would become one.
    let mut ends_with_word = false;
    for token in tokens {
        let is_word = matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_));
        if is_word && ends_with_word {
            text.push(' ');
        }
        ends_with_word = is_word;
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{ ", " }"),
                    // The macro that wrote the type has put it there.
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
                ends_with_word = group.delimiter() == Delimiter::None;
            }
            TokenTree::Punct(punct) => match (punct.as_char(), punct.spacing()) {
                (sign @ (',' | ';'), _) => text.extend([sign, ' ']),
                (sign @ ('+' | '='), Spacing::Alone) => text.extend([' ', sign, ' ']),
                ('-', Spacing::Joint) => text.push_str(" -"),
                ('>', _) if text.ends_with(" -") => text.push_str("> "),
                (sign, _) => text.push(sign),
            },
            word => text.push_str(&word.to_string()),
        }
    }
    // A list may end with a comma.
    text.truncate(text.trim_end_matches([' ']).len());
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
        ] {
            let ty: syn::Type = syn::parse_str(written).expect("it is a type");
            assert_eq!(text(&ty), written);
        }
    }

    #[test]
    fn times_are_written_in_seconds_or_milliseconds() {
        assert_eq!(duration(Duration::from_secs(5)), "5 s");
        assert_eq!(duration(Duration::from_millis(1500)), "1500 ms");
    }
}
