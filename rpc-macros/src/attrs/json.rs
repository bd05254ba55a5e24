//! Parses JSON that is written as tokens: the value of `example`.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::Lit;

/// The tokens as the text of one JSON value; `None` if they are none.
pub(super) fn parse_json(tokens: TokenStream) -> Option<String> {
    let mut text = String::new();
    write_value(&tokens.into_iter().collect::<Vec<_>>(), &mut text)?;
    Some(text)
}

fn write_value(tokens: &[TokenTree], text: &mut String) -> Option<()> {
    match tokens {
        // The macro that wrote the value has put it there.
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => {
            write_value(&group.stream().into_iter().collect::<Vec<_>>(), text)?;
        }
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Bracket => {
            write_list('[', ']', group.stream(), text, write_value)?;
        }
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Brace => {
            write_list('{', '}', group.stream(), text, write_member)?;
        }
        [TokenTree::Ident(word)] if ["null", "true", "false"].iter().any(|known| word == known) => {
            text.push_str(&word.to_string());
        }
        [TokenTree::Punct(minus), TokenTree::Literal(literal)] if minus.as_char() == '-' => {
            text.push('-');
            text.push_str(&number(&Lit::new(literal.clone()))?);
        }
        [TokenTree::Literal(literal)] => match Lit::new(literal.clone()) {
            Lit::Str(string) => write_string(&string.value(), text),
            other => text.push_str(&number(&other)?),
        },
        _ => return None,
    }
    Some(())
}

/// Writes what stands between the delimiters. A comma may follow the last element, as in Rust.
fn write_list(
    open: char,
    close: char,
    elements: TokenStream,
    text: &mut String,
    write: impl Fn(&[TokenTree], &mut String) -> Option<()>,
) -> Option<()> {
    let tokens: Vec<_> = elements.into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',');
    let tokens = match &tokens[..] {
        [elements @ .., last] if !elements.is_empty() && is_comma(last) => elements,
        all => all,
    };
    text.push(open);
    if !tokens.is_empty() {
        for (index, element) in tokens.split(is_comma).enumerate() {
            if index > 0 {
                text.push(',');
            }
            write(element, text)?;
        }
    }
    text.push(close);
    Some(())
}

fn write_member(tokens: &[TokenTree], text: &mut String) -> Option<()> {
    let [TokenTree::Literal(name), TokenTree::Punct(colon), value @ ..] = tokens else { return None };
    let Lit::Str(name) = Lit::new(name.clone()) else { return None };
    if colon.as_char() != ':' {
        return None;
    }
    write_string(&name.value(), text);
    text.push(':');
    write_value(value, text)
}

fn write_string(value: &str, text: &mut String) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            control if control.is_control() && u32::from(control) < 0x20 => {
                text.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

/// A number without a suffix, in a form that JSON has.
fn number(literal: &Lit) -> Option<String> {
    let (digits, suffix) = match literal {
        Lit::Int(int) => (int.base10_digits(), int.suffix()),
        Lit::Float(float) => (float.base10_digits(), float.suffix()),
        _ => return None,
    };
    let has_leading_zero =
        digits.starts_with('0') && digits[1..].starts_with(|next: char| next.is_ascii_digit());
    (suffix.is_empty() && !digits.ends_with('.') && !has_leading_zero).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse_json;

    #[test]
    fn json_is_read_as_it_is_written() {
        for (written, expected) in [
            ("null", "null"),
            ("true", "true"),
            ("-3", "-3"),
            ("1.5e3", "1.5e3"),
            ("18446744073709551615", "18446744073709551615"),
            ("[]", "[]"),
            ("{}", "{}"),
            ("[1, -2.5, [null]]", "[1,-2.5,[null]]"),
            (r#"{ "n": 30, "of": {"a": [true, "b"]}, }"#, r#"{"n":30,"of":{"a":[true,"b"]}}"#),
            (r#""a \"quoted\" \\ \n \u{e9}""#, "\"a \\\"quoted\\\" \\\\ \\u000a é\""),
            ("1_000", "1000"),
        ] {
            assert_eq!(parsed(written).as_deref(), Some(expected), "{written}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for written in [
            "",
            "30u64",
            "n",
            "{ n: 30 }",
            "{ 1: 30 }",
            r#"{ "n" = 30 }"#,
            r#"{ "n": }"#,
            "[1 2]",
            "[1,,2]",
            "[,]",
            "- -1",
            "'a'",
            "b\"a\"",
            "(1)",
            "1.",
            "30 30",
            "f()",
        ] {
            assert_eq!(parsed(written), None, "{written}");
        }
    }

    fn parsed(written: &str) -> Option<String> {
        parse_json(written.parse().unwrap())
    }
}
