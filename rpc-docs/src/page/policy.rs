//! The style, the script, and the policy that allows them alone.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

pub(super) const STYLE: &str = include_str!("page.css");
pub(super) const SCRIPT: &str = include_str!("page.js");

/// The Content-Security-Policy of a page, as it stands in the page. With `connect` it may send requests to where it
/// came from, and nowhere else.
pub(crate) fn policy(connect: bool) -> String {
    let mut policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT),
    );
    if connect {
        policy.push_str("; connect-src 'self'");
    }
    policy
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_allowed_but_what_is_in_the_page() {
        let policy = policy(false);
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(
            !policy.contains("unsafe") && !policy.contains("connect-src") && !policy.contains("http"),
            "{policy}"
        );
        assert_eq!(hash("abc"), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    }

    #[test]
    fn style_and_script_are_small_and_fetch_nothing() {
        assert!(STYLE.len() + SCRIPT.len() < 12_000, "{} and {} bytes", STYLE.len(), SCRIPT.len());
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("://") && !text.contains("url(") && !text.contains("@import"));
            assert!(!text.contains("</") && !text.contains("<!--"), "it would end the element");
        }
        assert!(!SCRIPT.contains("eval") && !SCRIPT.contains("innerHTML") && !SCRIPT.contains("Function("));
    }
}
