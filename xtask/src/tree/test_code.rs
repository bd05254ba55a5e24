//! Tells test code from other code: the checks leave it out.

use syn::{Attribute, Meta, Token, punctuated::Punctuated};

/// Whether code with these attributes is compiled for tests only. Schedules of shuttle are tests as well.
pub(crate) fn is_test_code(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.segments.last().is_some_and(|last| last.ident == "test"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            list.parse_args::<Meta>().is_ok_and(|cfg| needs_test(&cfg))
        }
        _ => false,
    })
}

/// Whether a module of this name holds tests, whatever its attributes are.
pub(super) fn is_test_module(name: &str) -> bool {
    matches!(name, "tests" | "schedules")
}

fn needs_test(cfg: &Meta) -> bool {
    match cfg {
        Meta::Path(path) => path.is_ident("test") || path.is_ident("shuttle"),
        Meta::List(list) => {
            let Ok(inner) = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
                return false;
            };
            if list.path.is_ident("all") {
                inner.iter().any(needs_test)
            } else {
                list.path.is_ident("any") && inner.iter().all(needs_test)
            }
        }
        Meta::NameValue(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn what_is_compiled_for_tests_only_is_test_code() {
        assert!(is_test_code(&[parse_quote!(#[test])]));
        assert!(is_test_code(&[parse_quote!(#[tokio::test])]));
        assert!(is_test_code(&[parse_quote!(#[cfg(test)])]));
        assert!(is_test_code(&[parse_quote!(#[cfg(all(test, feature = "tls"))])]));
        assert!(is_test_code(&[parse_quote!(#[cfg(any(test, shuttle))])]));
    }

    #[test]
    fn what_is_compiled_otherwise_as_well_is_no_test_code() {
        assert!(!is_test_code(&[parse_quote!(#[cfg(not(test))])]));
        assert!(!is_test_code(&[parse_quote!(#[cfg(any(test, feature = "tls"))])]));
        assert!(!is_test_code(&[parse_quote!(#[cfg(feature = "test")]), parse_quote!(#[inline])]));
    }
}
