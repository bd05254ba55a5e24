//! Arguments by position and by name.

use std::{borrow::Cow, fmt};

use amqp_rpc_runtime::contract::{MethodDef, Params};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{array, is_object, object};

/// The arguments of a call as frameworks of Python send them.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Arguments<'a> {
    #[serde(borrow)]
    pub(crate) args: Vec<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) kwargs: Members<'a>,
}

/// The members of an object in their order, which is that of what was sent.
#[derive(Debug, Default)]
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (&**name, *value))
    }

    fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(member, _)| member == name).map(|(_, value)| *value)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, map.next_value()?));
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(InOrder).map(Self)
    }
}

/// A name that is borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Why arguments do not fit a method.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotMerged {
    /// There are more by position than the method has parameters.
    TooMany { takes: usize, given: usize },
    /// This one was given by position and by name.
    Twice(String),
    /// The method has no parameter of this name.
    Unexpected(String),
    /// They are given by position, and the method's definition does not say which parameters these are.
    NoPositions,
}

impl fmt::Display for NotMerged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany { takes, given } => {
                write!(f, "takes {takes} positional arguments but {given} were given")
            }
            Self::Twice(name) => write!(f, "got multiple values for argument '{name}'"),
            Self::Unexpected(name) => write!(f, "got an unexpected keyword argument '{name}'"),
            Self::NoPositions => f.write_str("takes its arguments by name"),
        }
    }
}

impl Arguments<'_> {
    /// The body of a request of `method`: an object with the names of its parameters, or for a `bare` method the value.
    /// `None` stands for a method that is not known, whose arguments do not matter.
    pub(crate) fn merge(&self, method: Option<&MethodDef>) -> Result<String, NotMerged> {
        let Self { args, kwargs } = self;
        let takes = |names: usize| NotMerged::TooMany { takes: names, given: args.len() };
        let names: &[&str] = match method.map(|method| method.params) {
            Some(Params::Bare(name)) => {
                if let Some((unexpected, _)) = kwargs.0.iter().find(|(given, _)| given != name) {
                    return Err(NotMerged::Unexpected(unexpected.to_string()));
                }
                return match (args.as_slice(), kwargs.get(name)) {
                    ([], Some(value)) => Ok(value.get().to_owned()),
                    // What is missing is found when the body is decoded.
                    ([], None) => Ok("null".to_owned()),
                    ([value], None) => Ok(value.get().to_owned()),
                    ([_], Some(_)) => Err(NotMerged::Twice(name.to_owned())),
                    _ => Err(takes(1)),
                };
            }
            Some(Params::Named(names)) => names,
            None => return Ok("{}".to_owned()),
            _ if args.is_empty() => &[],
            _ => return Err(NotMerged::NoPositions),
        };
        if args.len() > names.len() {
            return Err(takes(names.len()));
        }
        let by_position: Vec<_> = names.iter().copied().zip(args.iter().map(|value| value.get())).collect();
        if let Some((name, _)) = by_position.iter().find(|(name, _)| kwargs.get(name).is_some()) {
            return Err(NotMerged::Twice((*name).to_owned()));
        }
        let by_name = kwargs.0.iter().map(|(name, value)| (&**name, value.get()));
        Ok(object(by_position.into_iter().chain(by_name)))
    }

    /// The arguments of a request with this JSON body, as `args` and `kwargs`: by name if it is an object. The one value of
    /// a `bare` method is its first argument, and an array, which an untyped call may have, the arguments by position.
    pub(crate) fn of_body(method: &MethodDef, body: &str) -> (String, String) {
        let none = "{}".to_owned();
        match method.params {
            Params::Bare(_) => (array([body]), none),
            _ if is_object(body) => ("[]".to_owned(), body.to_owned()),
            _ if body.trim_start().starts_with('[') => (body.to_owned(), none),
            _ => (array([body]), none),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADD: &MethodDef = &MethodDef::new("math", "math.add").params(Params::Named(&["a", "b"]));
    const BARE: &MethodDef = &MethodDef::new("math", "math.sum").params(Params::Bare("list"));
    const UNKNOWN: &MethodDef = &MethodDef::new("math", "math.any");

    fn merged(method: &MethodDef, arguments: &str) -> Result<String, NotMerged> {
        serde_json::from_str::<Arguments<'_>>(arguments).unwrap().merge(Some(method))
    }

    #[test]
    fn arguments_by_position_get_the_names_of_the_parameters() {
        for (arguments, body) in [
            (r#"{"args":[1,2],"kwargs":{}}"#, r#"{"a":1,"b":2}"#),
            (r#"{"args":[1],"kwargs":{"b":2}}"#, r#"{"a":1,"b":2}"#),
            // In the order in which they were sent: a seal of secrets is of these bytes.
            (r#"{"args":[],"kwargs":{"b":2,"a":1}}"#, r#"{"b":2,"a":1}"#),
            (r#"{"args":[],"kwargs":{}}"#, "{}"),
        ] {
            assert_eq!(merged(ADD, arguments).as_deref(), Ok(body), "{arguments}");
        }
        assert_eq!(merged(UNKNOWN, r#"{"args":[],"kwargs":{"x":1}}"#).as_deref(), Ok(r#"{"x":1}"#));
        for bare in [r#"{"args":[[1]],"kwargs":{}}"#, r#"{"args":[],"kwargs":{"list":[1]}}"#] {
            assert_eq!(merged(BARE, bare).as_deref(), Ok("[1]"), "{bare}");
        }
    }

    #[test]
    fn what_fits_no_parameter_is_said_as_python_does() {
        for (method, arguments, why) in [
            (ADD, r#"{"args":[1,2,3],"kwargs":{}}"#, "takes 2 positional arguments but 3 were given"),
            (ADD, r#"{"args":[1],"kwargs":{"a":1}}"#, "got multiple values for argument 'a'"),
            (BARE, r#"{"args":[1],"kwargs":{"list":1}}"#, "got multiple values for argument 'list'"),
            (BARE, r#"{"args":[],"kwargs":{"typo":1}}"#, "got an unexpected keyword argument 'typo'"),
            (BARE, r#"{"args":[1],"kwargs":{"typo":1}}"#, "got an unexpected keyword argument 'typo'"),
            (UNKNOWN, r#"{"args":[1],"kwargs":{}}"#, "takes its arguments by name"),
        ] {
            assert_eq!(merged(method, arguments).unwrap_err().to_string(), why, "{arguments}");
        }
    }

    #[test]
    fn a_body_is_arguments_by_name_or_by_position() {
        let of = |method, body| Arguments::of_body(method, body);
        assert_eq!(of(ADD, r#"{"a":1}"#), ("[]".into(), r#"{"a":1}"#.into()));
        assert_eq!(of(UNKNOWN, " [1,2]"), (" [1,2]".into(), "{}".into()));
        assert_eq!(of(BARE, "[1,2]"), ("[[1,2]]".into(), "{}".into()));
        assert_eq!(of(BARE, r#"{"a":1}"#), (r#"[{"a":1}]"#.into(), "{}".into()));
        assert_eq!(of(UNKNOWN, "30"), ("[30]".into(), "{}".into()));
    }
}
