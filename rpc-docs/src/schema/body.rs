//! The schema of a body.

use serde_json::{Value, json};

use super::note_large_integers;

/// `schema` as the schema of a body, with `title` where generators of code would find no name.
pub(crate) fn body(schema: &Value, title: &str, raw: bool) -> Value {
    if raw {
        return json!({
            "title": title,
            "description": "Bytes, unchanged: not in a codec.",
            "type": "string",
            "format": "binary",
        });
    }
    let mut schema = match schema {
        Value::Object(_) => schema.clone(),
        // Nothing is allowed.
        Value::Bool(false) => json!({ "not": {} }),
        _ => json!({}),
    };
    note_large_integers(&mut schema);
    if let Value::Object(keywords) = &mut schema
        && !keywords.contains_key("$ref")
        && !keywords.contains_key("title")
    {
        keywords.insert("title".to_owned(), title.into());
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_a_title_unless_it_has_one_or_is_a_definition() {
        assert_eq!(
            body(&json!({ "type": "null" }), "Reply", false),
            json!({ "type": "null", "title": "Reply" })
        );
        for schema in [json!({ "title": "User" }), json!({ "$ref": "#/definitions/User" })] {
            assert_eq!(body(&schema, "Reply", false), schema);
        }
    }

    #[test]
    fn schemas_that_are_booleans_are_written_as_objects() {
        assert_eq!(body(&json!(true), "Reply", false), json!({ "title": "Reply" }));
        assert_eq!(body(&json!(false), "Reply", false), json!({ "title": "Reply", "not": {} }));
    }

    #[test]
    fn bytes_have_no_schema_of_a_value() {
        assert_eq!(body(&json!({ "type": "array" }), "Reply", true)["format"], "binary");
    }
}
