//! References from one schema to a definition.

use serde_json::Value;

use super::visit_mut;

/// Where the definitions of a document are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefix {
    /// `#/components/schemas/`, in AsyncAPI and in descriptions.
    Components,
    /// `#/definitions/`, in a JSON Schema of its own.
    Definitions,
}

impl Prefix {
    const ALL: [Self; 2] = [Self::Components, Self::Definitions];

    fn text(self) -> &'static str {
        match self {
            Self::Components => "#/components/schemas/",
            Self::Definitions => "#/definitions/",
        }
    }

    /// The reference to the definition `name`.
    pub(crate) fn reference(self, name: &str) -> String {
        let mut reference = self.text().to_owned();
        for byte in name.bytes() {
            match byte {
                b'~' => reference.push_str("~0"),
                b'/' => reference.push_str("~1"),
                b'-' | b'.' | b'_' => reference.push(char::from(byte)),
                _ if byte.is_ascii_alphanumeric() => reference.push(char::from(byte)),
                _ => reference.push_str(&format!("%{byte:02X}")),
            }
        }
        reference
    }
}

/// The name of the definition that `reference` leads to; `None` where it leads elsewhere.
pub(crate) fn target_of(reference: &str) -> Option<String> {
    let name = Prefix::ALL.iter().find_map(|prefix| reference.strip_prefix(prefix.text()))?;
    // A pointer into a definition.
    if name.contains('/') {
        return None;
    }
    Some(percent_decoded(name)?.replace("~1", "/").replace("~0", "~"))
}

/// Has every reference within `schema` lead to what `rename` makes of its target, where that is something.
pub(crate) fn rewrite_references(schema: &mut Value, rename: &impl Fn(&str) -> Option<String>) {
    visit_mut(schema, &mut |keywords| {
        let Some(Value::String(reference)) = keywords.get_mut("$ref") else { return };
        if let Some(renamed) = target_of(reference).and_then(|target| rename(&target)) {
            *reference = renamed;
        }
    });
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_leads_back_to_its_name() {
        for name in ["User", "Page<User>", "a/b~c", "größe", "100%", "%41"] {
            for prefix in Prefix::ALL {
                assert_eq!(target_of(&prefix.reference(name)).as_deref(), Some(name), "{name}");
            }
        }
        assert_eq!(Prefix::Definitions.reference("Page<User>"), "#/definitions/Page%3CUser%3E");
    }

    #[test]
    fn references_to_other_places_have_no_target() {
        for reference in
            ["", "#", "#/components/messages/a", "#/definitions/a/properties/b", "#/definitions/%4", "x"]
        {
            assert_eq!(target_of(reference), None, "{reference}");
        }
    }
}
