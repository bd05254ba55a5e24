//! Compares a declaration with an existing queue or exchange, and words the difference as RabbitMQ does.

use std::fmt::Display;

use amq_protocol::types::{AMQPValue, FieldTable};

use crate::erlang_term::{are_identical, plain, type_name};

/// Compares one property.
///
/// # Errors
///
/// The reply text, when they differ. `resource` is like "queue 'q' in vhost '/'".
pub(crate) fn check_property<T: PartialEq + Display>(
    name: &str,
    resource: &str,
    current: T,
    received: T,
) -> Result<(), String> {
    if current == received {
        return Ok(());
    }
    Err(inequivalent(name, resource, &format!("'{received}'"), &format!("'{current}'")))
}

/// Compares the arguments of these names, in this order. Other arguments may differ.
///
/// # Errors
///
/// As for [`check_property`].
pub(crate) fn check_arguments(
    names: &[&str],
    resource: &str,
    current: &FieldTable,
    received: &FieldTable,
) -> Result<(), String> {
    for name in names {
        let of = |table: &FieldTable| table.inner().get(*name).cloned();
        let (current, received) = (of(current), of(received));
        if are_equivalent(name, current.as_ref(), received.as_ref()) {
            continue;
        }
        // The type is printed only when one of the values is missing.
        let show = if current.is_some() && received.is_some() { value_only } else { value_and_type };
        return Err(inequivalent(name, resource, &show(received.as_ref()), &show(current.as_ref())));
    }
    Ok(())
}

fn are_equivalent(name: &str, current: Option<&AMQPValue>, received: Option<&AMQPValue>) -> bool {
    match (current, received) {
        (None, None) => true,
        (Some(current), Some(received)) => are_identical(current, received),
        // A queue without the argument is a classic queue.
        (Some(only), None) | (None, Some(only)) => {
            name == "x-queue-type" && *only == AMQPValue::LongString("classic".into())
        }
    }
}

fn value_only(value: Option<&AMQPValue>) -> String {
    match value {
        None | Some(AMQPValue::Void) => "none".to_owned(),
        Some(value) => format!("'{}'", plain(value)),
    }
}

fn value_and_type(value: Option<&AMQPValue>) -> String {
    match value {
        None => "none".to_owned(),
        Some(value) => format!("the value '{}' of type '{}'", plain(value), type_name(value)),
    }
}

fn inequivalent(name: &str, resource: &str, received: &str, current: &str) -> String {
    format!("inequivalent arg '{name}' for {resource}: received {received} but current is {current}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(value: Option<AMQPValue>) -> FieldTable {
        let mut table = FieldTable::default();
        if let Some(value) = value {
            table.insert("x-queue-type".into(), value);
        }
        table
    }

    #[test]
    fn properties_are_compared_by_value() {
        assert_eq!(check_property("durable", "queue 'q' in vhost '/'", true, true), Ok(()));
        let text =
            "inequivalent arg 'durable' for queue 'q' in vhost '/': received 'true' but current is 'false'";
        assert_eq!(check_property("durable", "queue 'q' in vhost '/'", false, true), Err(text.to_owned()));
    }

    #[test]
    fn the_text_depends_on_which_values_are_given() {
        let text = |text: &str| Some(AMQPValue::LongString(text.into()));
        let long = |number| Some(AMQPValue::LongLongInt(number));
        let cases = [
            (None, None, None),
            (text("x"), text("x"), None),
            (long(1), Some(AMQPValue::LongInt(1)), None),
            (text("classic"), None, None),
            (None, text("classic"), None),
            (text("x"), text("y"), Some("received 'y' but current is 'x'")),
            (text("x"), long(1), Some("received '1' but current is 'x'")),
            (text("x"), Some(AMQPValue::Void), Some("received none but current is 'x'")),
            (None, long(1), Some("received the value '1' of type 'long' but current is none")),
            (text("x"), None, Some("received none but current is the value 'x' of type 'longstr'")),
            (
                None,
                Some(AMQPValue::Void),
                Some("received the value 'undefined' of type 'void' but current is none"),
            ),
            (long(1), Some(AMQPValue::Double(1.0)), Some("received '1.0' but current is '1'")),
        ];
        for (current, received, expected) in cases {
            let case = format!("{current:?} {received:?}");
            let result =
                check_arguments(&["other", "x-queue-type"], "R", &arguments(current), &arguments(received));
            let expected = expected.map(|end| format!("inequivalent arg 'x-queue-type' for R: {end}"));
            assert_eq!(result.err(), expected, "{case}");
        }
    }

    #[test]
    fn other_arguments_may_differ() {
        let current = arguments(Some(AMQPValue::LongString("quorum".into())));
        assert_eq!(check_arguments(&["x-expires"], "R", &current, &FieldTable::default()), Ok(()));
    }
}
