//! The fields of objects.

use super::*;

fn object(properties: Value, required: Value) -> Value {
    json!({ "type": "object", "properties": properties, "required": required })
}

fn closed(mut schema: Value) -> Value {
    schema["additionalProperties"] = false.into();
    schema
}

fn n() -> Value {
    json!({ "n": { "type": "integer" } })
}

fn n_and_limit() -> Value {
    json!({ "n": { "type": "integer" }, "limit": { "type": "integer" } })
}

#[test]
fn optional_field_added() {
    let (old, new) = (object(n(), json!(["n"])), object(n_and_limit(), json!(["n"])));
    assert_schema_rule(Rule::OptionalFieldAdded, &old, &new);
    let expected = [vec![(Rule::OptionalFieldAdded, "servers")], vec![(Rule::OptionalFieldAdded, "clients")]];
    assert_eq!(in_both_directions(&closed(old), &closed(new)), expected);
}

#[test]
fn required_field_added() {
    let (old, new) = (object(n(), json!(["n"])), object(n_and_limit(), json!(["limit", "n"])));
    assert_schema_rule(Rule::RequiredFieldAdded, &old, &new);
    let expected = [vec![(Rule::RequiredFieldAdded, "both")], vec![(Rule::RequiredFieldAdded, "both")]];
    assert_eq!(in_both_directions(&closed(old), &closed(new)), expected);
}

#[test]
fn optional_field_removed() {
    let (old, new) = (object(n_and_limit(), json!(["n"])), object(n(), json!(["n"])));
    assert_schema_rule(Rule::OptionalFieldRemoved, &old, &new);
    let expected =
        [vec![(Rule::OptionalFieldRemoved, "clients")], vec![(Rule::OptionalFieldRemoved, "servers")]];
    assert_eq!(in_both_directions(&closed(old), &closed(new)), expected);
}

#[test]
fn required_field_removed() {
    let (old, new) = (object(n_and_limit(), json!(["limit", "n"])), object(n(), json!(["n"])));
    assert_schema_rule(Rule::RequiredFieldRemoved, &old, &new);
}

#[test]
fn field_became_required() {
    let (old, new) = (object(n(), json!([])), object(n(), json!(["n"])));
    assert_schema_rule(Rule::FieldBecameRequired, &old, &new);
}

#[test]
fn field_became_optional() {
    let (old, new) = (object(n(), json!(["n"])), object(n(), json!([])));
    assert_schema_rule(Rule::FieldBecameOptional, &old, &new);
}

#[test]
fn field_renamed_with_alias() {
    let renamed = json!({ "index": { "type": "integer", "x-aliases": ["n"] } });
    let (old, new) = (object(n(), json!(["n"])), object(renamed.clone(), json!(["index"])));
    assert_schema_rule(Rule::FieldRenamedWithAlias, &old, &new);
    let expected =
        [vec![(Rule::FieldRenamedWithAlias, "nobody")], vec![(Rule::FieldRenamedWithAlias, "nobody")]];
    assert_eq!(in_both_directions(&object(n(), json!([])), &object(renamed, json!([]))), expected);
}

#[test]
fn a_field_that_is_renamed_without_alias_is_removed_and_added() {
    let (old, new) =
        (object(n(), json!(["n"])), object(json!({ "index": { "type": "integer" } }), json!(["index"])));
    let expected = [
        vec![(Rule::RequiredFieldRemoved, "servers"), (Rule::RequiredFieldAdded, "clients")],
        vec![(Rule::RequiredFieldRemoved, "clients"), (Rule::RequiredFieldAdded, "servers")],
    ];
    assert_eq!(in_both_directions(&old, &new), expected);
}

#[test]
fn unknown_members_refused() {
    let schema = object(n(), json!(["n"]));
    assert_schema_rule(Rule::UnknownMembersRefused, &schema, &closed(schema.clone()));
}

#[test]
fn unknown_members_allowed() {
    let schema = object(n(), json!(["n"]));
    assert_schema_rule(Rule::UnknownMembersAllowed, &closed(schema.clone()), &schema);
}

#[test]
fn the_values_of_a_map_are_compared() {
    let map = |kind: &str| json!({ "type": "object", "additionalProperties": { "type": kind } });
    let findings = between(&json!({ "request": map("integer") }), &json!({ "request": map("string") }));
    assert_eq!((only(&findings).rule, only(&findings).path.as_str()), (Rule::TypeChanged, "request{}"));
    let any = json!({ "type": "object", "additionalProperties": true });
    assert_schema_rule(Rule::TypeNarrowed, &any, &map("integer"));
    assert_schema_rule(Rule::TypeWidened, &map("integer"), &any);
}

/// A field that is named now was a value of the map before.
#[test]
fn a_field_in_place_of_a_value_of_a_map_is_compared_with_it() {
    let old = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let mut new = old.clone();
    new["properties"] = n();
    let expected = [
        vec![(Rule::OptionalFieldAdded, "nobody"), (Rule::TypeChanged, "both")],
        vec![(Rule::OptionalFieldAdded, "nobody"), (Rule::TypeChanged, "both")],
    ];
    assert_eq!(in_both_directions(&old, &new), expected);
}

#[test]
fn a_finding_names_the_place_and_the_reason() {
    let inner =
        |required: Value| json!({ "items": object(json!({ "zip": { "type": "string" } }), required) });
    let schema = |required: Value| object(json!({ "users": inner(required) }), json!([]));
    let findings =
        between(&json!({ "request": schema(json!([])) }), &json!({ "request": schema(json!(["zip"])) }));
    let finding = only(&findings);
    assert_eq!(finding.path, "request.users[].zip");
    let why = "they may send messages without `zip`, which the new server refuses";
    assert_eq!(finding.breaks_clients.as_deref(), Some(why));
}
