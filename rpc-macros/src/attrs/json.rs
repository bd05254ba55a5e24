//! Parses JSON that is written as tokens: the value of `example`.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Lit;

/// The most lists and objects in each other. `serde_json` reads 127, and in documents the value stands in several.
pub(super) const DEPTH_LIMIT: usize = 100;

/// The largest number that `serde_json` reads for certain: it rounds those near `f64::MAX` up, and refuses them.
const LARGEST: f64 = 1.79e308;

/// Why tokens are no JSON that can be read.
#[derive(Debug, PartialEq)]
pub(super) enum NotJson {
    /// They are no JSON.
    Syntax,
    /// A number that has no 64-bit float.
    LargeNumber(String),
    /// There are more than [`DEPTH_LIMIT`] lists and objects in each other.
    Deep,
}

type Written = Result<(), NotJson>;

/// The tokens as the text of one JSON value, which `serde_json` reads.
pub(super) fn parse_json(tokens: TokenStream) -> Result<String, NotJson> {
    let mut text = String::new();
    write_value(&tokens.into_iter().collect::<Vec<_>>(), 0, &mut text)?;
    Ok(text)
}

/// Writes a value that stands in `depth` lists and objects.
fn write_value(tokens: &[TokenTree], depth: usize, text: &mut String) -> Written {
    match tokens {
        // The macro that wrote the value has put it there.
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => {
            write_value(&group.stream().into_iter().collect::<Vec<_>>(), depth, text)?;
        }
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Bracket => {
            write_list('[', ']', group.stream(), depth + 1, text, write_value)?;
        }
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Brace => {
            write_list('{', '}', group.stream(), depth + 1, text, write_member)?;
        }
        [TokenTree::Ident(word)] if ["null", "true", "false"].iter().any(|known| word == known) => {
            text.push_str(&word.to_string());
        }
        [TokenTree::Punct(minus), TokenTree::Literal(literal)] if minus.as_char() == '-' => {
            let number = number(&Lit::new(literal.clone()))?;
            // A literal that a macro has made may have its own sign.
            if number.starts_with('-') {
                return Err(NotJson::Syntax);
            }
            text.push('-');
            text.push_str(&number);
        }
        [TokenTree::Literal(literal)] => match Lit::new(literal.clone()) {
            Lit::Str(string) => write_string(&string.value(), text),
            other => text.push_str(&number(&other)?),
        },
        _ => return Err(NotJson::Syntax),
    }
    Ok(())
}

/// Writes what stands between the delimiters. A comma may follow the last element, as in Rust.
fn write_list(
    open: char,
    close: char,
    elements: TokenStream,
    depth: usize,
    text: &mut String,
    write: impl Fn(&[TokenTree], usize, &mut String) -> Written,
) -> Written {
    if depth > DEPTH_LIMIT {
        return Err(NotJson::Deep);
    }
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
            write(element, depth, text)?;
        }
    }
    text.push(close);
    Ok(())
}

fn write_member(tokens: &[TokenTree], depth: usize, text: &mut String) -> Written {
    let [TokenTree::Literal(name), TokenTree::Punct(colon), value @ ..] = tokens else {
        return Err(NotJson::Syntax);
    };
    let Lit::Str(name) = Lit::new(name.clone()) else { return Err(NotJson::Syntax) };
    if colon.as_char() != ':' {
        return Err(NotJson::Syntax);
    }
    write_string(&name.value(), text);
    text.push(':');
    write_value(value, depth, text)
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
fn number(literal: &Lit) -> Result<String, NotJson> {
    let (digits, suffix) = match literal {
        Lit::Int(int) => (int.base10_digits(), int.suffix()),
        Lit::Float(float) => (float.base10_digits(), float.suffix()),
        _ => return Err(NotJson::Syntax),
    };
    let has_leading_zero =
        digits.starts_with('0') && digits[1..].starts_with(|next: char| next.is_ascii_digit());
    if !suffix.is_empty() || digits.ends_with('.') || has_leading_zero {
        return Err(NotJson::Syntax);
    }
    match digits.parse::<f64>() {
        Ok(value) if value.abs() <= LARGEST => Ok(digits.to_owned()),
        Ok(_) => Err(NotJson::LargeNumber(literal.to_token_stream().to_string())),
        Err(_) => Err(NotJson::Syntax),
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::{Literal, Punct, Spacing, TokenTree};

    use super::{NotJson, parse_json};

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
            assert_eq!(parsed(written).as_deref(), Ok(expected), "{written}");
        }
    }

    /// `serde_json` reads it neither, and an example that it does not read would be in no description.
    #[test]
    fn numbers_that_have_no_float_are_refused() {
        let thousand_digits = "9".repeat(1_000);
        for large in ["1e400", "1e309", "1.797e308", "1e99999999999", &thousand_digits] {
            let refused = Err(NotJson::LargeNumber(large.to_owned()));
            assert_eq!(parsed(large), refused);
            assert_eq!(parsed(&format!("[-{large}]")), refused);
        }
        for fits in ["1e308", "1.79e308", "1e-400", "0e400"] {
            assert_eq!(parsed(fits).as_deref(), Ok(fits));
        }
    }

    #[test]
    fn values_that_are_too_deep_are_refused() {
        let nested = |open: &str, close: &str, depth| open.repeat(depth) + "0" + &close.repeat(depth);
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let deep = nested(open, close, 100);
            assert_eq!(parsed(&deep), Ok(deep));
            assert_eq!(parsed(&nested(open, close, 101)), Err(NotJson::Deep));
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
            assert_eq!(parsed(written), Err(NotJson::Syntax), "{written}");
        }
    }

    #[test]
    fn a_number_has_one_sign() {
        let negative = || TokenTree::from(Literal::i64_unsuffixed(-1));
        assert_eq!(parse_json(negative().into()).as_deref(), Ok("-1"));
        let minus = TokenTree::from(Punct::new('-', Spacing::Alone));
        assert_eq!(parse_json([minus, negative()].into_iter().collect()), Err(NotJson::Syntax));
    }

    fn parsed(written: &str) -> Result<String, NotJson> {
        parse_json(written.parse().unwrap())
    }
}
