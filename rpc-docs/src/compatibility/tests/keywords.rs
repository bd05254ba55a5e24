//! Keywords that hold schemas, and keywords that several parts of a schema say.

use super::*;

/// A service whose reply has this schema, with a definition `User` with a field of this type.
fn with_user(reply: &Value, age: &str) -> ServiceDescription {
    let mut service = with_method(&json!({ "reply": reply }));
    let user = json!({ "type": "object", "properties": { "age": { "type": age } }, "required": ["age"] });
    service.schemas.insert("User".to_owned(), user);
    service
}

fn user() -> Value {
    json!({ "$ref": "#/components/schemas/User" })
}

/// The rules and paths of what is found when a user's age becomes a text, in a reply with this schema.
fn when_a_user_changes(reply: &Value) -> Vec<(Rule, String)> {
    let report = compare(&[with_user(reply, "integer")], &[with_user(reply, "string")]);
    report.findings.into_iter().map(|finding| (finding.rule, finding.path)).collect()
}

/// As schemars writes a map whose keys are integers.
fn map_of(pattern: &str, schema: &Value) -> Value {
    json!({ "type": "object", "additionalProperties": false, "patternProperties": { pattern: schema } })
}

#[test]
fn the_values_of_a_map_with_integer_keys_are_compared() {
    let expected = [(Rule::TypeChanged, "reply{^\\d+$}.age".to_owned())];
    assert_eq!(when_a_user_changes(&map_of("^\\d+$", &user())), expected);
}

#[test]
fn members_that_match_a_pattern_of_one_side_are_unnamed_ones_of_the_other() {
    let (integers, texts) = (json!({ "type": "integer" }), json!({ "type": "string" }));
    let (numbered, signed) = (map_of("^\\d+$", &integers), map_of("^-?\\d+$", &integers));
    let expected = [(Rule::UnknownMembersRefused, "clients"), (Rule::UnknownMembersAllowed, "servers")];
    assert_eq!(in_both_directions(&numbered, &signed)[0], expected);
    let open = |schema: &Value| json!({ "type": "object", "additionalProperties": schema });
    assert_schema_rule(Rule::UnknownMembersAllowed, &numbered, &open(&integers));
    let expected = [(Rule::UnknownMembersAllowed, "servers"), (Rule::TypeChanged, "both")];
    assert_eq!(in_both_directions(&numbered, &open(&texts))[0], expected);
    assert_schema_rule(
        Rule::TypeNarrowed,
        &json!({ "type": "object" }),
        &json!({ "patternProperties": { "^a": integers } }),
    );
}

#[test]
fn a_keyword_with_a_reference_is_not_taken_for_equal() {
    for keyword in ["dependencies", "else", "if", "not", "prefixItems", "then", "unknownToUs"] {
        let value = match keyword {
            "dependencies" => json!({ "a": user() }),
            "prefixItems" => json!([user()]),
            _ => user(),
        };
        let found = when_a_user_changes(&json!({ keyword: value }));
        assert_eq!(found, [(Rule::UnreadableSchema, "reply".to_owned())], "{keyword}");
    }
    for (keyword, kind) in [("contains", "array"), ("propertyNames", "object")] {
        let found = when_a_user_changes(&json!({ "type": kind, keyword: user() }));
        assert_eq!(found, [(Rule::TypeChanged, format!("reply{{{keyword}}}.age"))]);
    }
    let tuple = json!({ "items": [{ "type": "null" }], "additionalItems": user() });
    assert_eq!(when_a_user_changes(&tuple), [(Rule::TypeChanged, "reply[].age".to_owned())]);
}

#[test]
fn schemas_in_keywords_are_unreadable_unless_they_are_equal() {
    let not = |value: i64| json!({ "type": "integer", "not": { "const": value } });
    assert_eq!(between(&json!({ "request": not(0) }), &json!({ "request": not(0) })), []);
    assert_schema_rule(Rule::UnreadableSchema, &not(0), &not(1));
    // What only one side says allows less there, whatever it is.
    assert_schema_rule(Rule::ConstraintAdded, &json!({ "type": "integer" }), &not(0));
    let closed = |is_closed: bool| json!({ "type": "object", "unevaluatedProperties": !is_closed });
    assert_schema_rule(Rule::UnreadableSchema, &closed(false), &closed(true));
}

#[test]
fn what_is_said_of_values_of_every_type_is_compared() {
    let not = |kind: &str| json!({ "not": { "type": kind } });
    assert_schema_rule(Rule::UnreadableSchema, &not("string"), &not("null"));
    assert_schema_rule(Rule::ConstraintAdded, &json!({}), &not("null"));
    assert_schema_rule(Rule::ConstraintRemoved, &json!({ "format": "uuid" }), &json!(true));
}

#[test]
fn a_tuple_is_compared_beyond_its_members() {
    let tuple = |items: Value, most: u64| json!({ "items": items, "maxItems": most });
    let (one, two) = (json!([{ "type": "string" }]), json!([{ "type": "string" }, { "type": "null" }]));
    assert_schema_rule(Rule::LimitWidened, &tuple(one.clone(), 1), &tuple(two.clone(), 2));
    assert_schema_rule(Rule::TypeNarrowed, &tuple(one, 2), &tuple(two, 2));
}

#[test]
fn all_parts_of_a_schema_limit_it() {
    let with = |inner: &Value, outer: &Value| {
        let mut schema = outer.as_object().unwrap().clone();
        schema.insert("allOf".to_owned(), json!([inner]));
        Value::Object(schema)
    };
    let percent = json!({ "type": "integer", "format": "uint8", "minimum": 0, "maximum": 255 });
    let below = |most: u64| with(&percent, &json!({ "maximum": most }));
    assert_schema_rule(Rule::LimitNarrowed, &below(90), &below(80));
    let number = json!({ "type": "number", "minimum": -1 });
    let above = |least: f64| with(&number, &json!({ "minimum": least }));
    assert_schema_rule(Rule::LimitNarrowed, &above(0.5), &above(0.75));
    let text = json!({ "type": "string", "maxLength": 100, "pattern": "^a" });
    let shorter = |more: Value| with(&text, &more);
    assert_schema_rule(
        Rule::LimitNarrowed,
        &shorter(json!({ "maxLength": 90 })),
        &shorter(json!({ "maxLength": 80 })),
    );
    assert_schema_rule(
        Rule::ConstraintChanged,
        &shorter(json!({ "pattern": "b$" })),
        &shorter(json!({ "pattern": "c$" })),
    );
    assert_schema_rule(Rule::ConstraintAdded, &shorter(json!({})), &shorter(json!({ "pattern": "b$" })));
    let listed = json!({ "enum": ["a", "b", "c"] });
    let among = |values: Value| with(&listed, &json!({ "enum": values }));
    assert_schema_rule(Rule::ValueRemoved, &among(json!(["a", "b", "z"])), &among(json!(["a"])));
    let nullable = json!({ "type": ["string", "null"] });
    let of = |kinds: Value| with(&nullable, &json!({ "type": kinds }));
    assert_schema_rule(Rule::TypeNarrowed, &of(json!(["string", "null"])), &of(json!("string")));
}

#[test]
fn a_property_of_two_parts_is_compared_with_both() {
    let with_n = |schema: Value| json!({ "type": "object", "properties": { "n": schema } });
    let both = |most: u64| {
        let mut schema = with_n(json!({ "maximum": most }));
        schema["allOf"] = json!([with_n(json!({ "type": "integer", "maximum": 255 }))]);
        schema
    };
    assert_schema_rule(Rule::LimitNarrowed, &both(90), &both(80));
    let values = |most: u64| json!({ "type": "object", "additionalProperties": { "maximum": most } });
    let map = |most: u64| json!({ "allOf": [values(255), values(most)] });
    assert_schema_rule(Rule::LimitNarrowed, &map(90), &map(80));
    let items = |most: u64| json!({ "type": "array", "items": { "maximum": most } });
    let list = |most: u64| json!({ "allOf": [items(most), items(255)] });
    assert_schema_rule(Rule::LimitNarrowed, &list(90), &list(80));
}

/// Fields with a description of their own, and optional ones, are written in other ways than a plain reference.
#[test]
fn a_type_is_reported_once_in_a_message() {
    let fields = json!({ "type": "object", "properties": {
        "a": user(),
        "b": user(),
        "c": { "description": "Described.", "allOf": [user()] },
        "d": { "anyOf": [user(), { "type": "null" }] },
        "e": { "type": "array", "items": user() },
    }});
    assert_eq!(when_a_user_changes(&fields), [(Rule::TypeChanged, "reply.a.age".to_owned())]);
    let service = |user: Value| {
        let mut service = with_user(&fields, "integer");
        service.schemas.insert("User".to_owned(), user);
        service
    };
    let (old, new) = (
        json!({ "type": "object" }),
        json!({ "type": "object", "required": ["age"], "properties": { "age": {} } }),
    );
    let report = compare(&[service(old)], &[service(new)]);
    assert_eq!(only(&report.findings).rule, Rule::RequiredFieldAdded);
    let report = compare(&[service(json!({ "enum": ["a"] }))], &[service(json!({ "enum": ["a", "b"] }))]);
    let paths: Vec<&str> = report.findings.iter().map(|finding| finding.path.as_str()).collect();
    assert_eq!(paths, ["reply.a", "reply.d"], "an optional one of listed values is a union of its own");
}
