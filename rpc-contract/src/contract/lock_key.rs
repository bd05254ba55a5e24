//! The values that requests can be locked by.

use std::{borrow::Cow, num::NonZero, rc::Rc, sync::Arc};

/// A value that requests can be locked by: the type of a parameter, or of a field of one, that
/// `#[rpc(lock = "..")]` names.
///
/// Requests exclude each other if the texts of their values are equal. So equal values must have equal texts,
/// and different values different ones. The text must not depend on the process, the platform or the version of
/// a program, because clients of the scope `cluster` compute it as well, perhaps in another language. It is
/// neither sent nor logged.
///
/// | type | text |
/// |---|---|
/// | `str`, `String`, `char` | itself |
/// | integers, `NonZero` | the decimal digits, after a `-` if negative |
/// | `bool` | `true` or `false` |
/// | `&T`, `Box<T>`, `Rc<T>`, `Arc<T>`, `Cow<T>` | that of the value |
/// | `Option<T>` | `Some`: that of the value; `None`: the character U+0000, which differs from every value: a value whose text begins with U+0000 gets one more in front |
///
/// A type of your own takes the text of a field, or writes one:
///
/// ```
/// # extern crate amqp_rpc_contract as amqp_rpc;
/// use std::borrow::Cow;
///
/// use amqp_rpc::contract::LockKey;
///
/// struct ClusterId(u64);
///
/// impl LockKey for ClusterId {
///     fn lock_key(&self) -> Cow<'_, str> {
///         self.0.lock_key()
///     }
/// }
///
/// assert_eq!(ClusterId(7).lock_key(), "7");
/// ```
///
/// A `Secret` is no key: keys are kept in memory while requests wait, and the partition of a key is visible on
/// the broker. Floating-point numbers are none, because equal ones (`0.0` and `-0.0`) have different texts.
#[diagnostic::on_unimplemented(
    message = "requests cannot be locked by a `{Self}`",
    label = "`lock` names a value of the type `{Self}`, which does not implement `LockKey`",
    note = "name a string, an integer, or a field of `{Self}`, as in `lock = \"parameter.id\"`; or implement `amqp_rpc::contract::LockKey` for `{Self}`"
)]
pub trait LockKey {
    /// The text that stands for the value.
    fn lock_key(&self) -> Cow<'_, str>;
}

impl LockKey for str {
    fn lock_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl LockKey for String {
    fn lock_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl LockKey for bool {
    fn lock_key(&self) -> Cow<'_, str> {
        Cow::Borrowed(if *self { "true" } else { "false" })
    }
}

macro_rules! keys_as_displayed {
    ($( $ty:ty )+) => { $(
        impl LockKey for $ty {
            fn lock_key(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }
        }
    )+ };
}

keys_as_displayed! {
    char u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize
    NonZero<u8> NonZero<u16> NonZero<u32> NonZero<u64> NonZero<u128> NonZero<usize>
    NonZero<i8> NonZero<i16> NonZero<i32> NonZero<i64> NonZero<i128> NonZero<isize>
}

macro_rules! keys_of_pointers {
    ($( $pointer:ty )+) => { $(
        impl<T: LockKey + ?Sized> LockKey for $pointer {
            fn lock_key(&self) -> Cow<'_, str> {
                (**self).lock_key()
            }
        }
    )+ };
}

keys_of_pointers! { &T Box<T> Rc<T> Arc<T> }

impl<T: LockKey + ToOwned + ?Sized> LockKey for Cow<'_, T> {
    fn lock_key(&self) -> Cow<'_, str> {
        (**self).lock_key()
    }
}

impl<T: LockKey> LockKey for Option<T> {
    fn lock_key(&self) -> Cow<'_, str> {
        match self.as_ref().map(LockKey::lock_key) {
            None => Cow::Borrowed("\0"),
            // Escaped, so that no value has the text of `None`, and no two values share one.
            Some(key) if key.starts_with('\0') => Cow::Owned(format!("\0{key}")),
            Some(key) => key,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_key_is_the_text_that_other_languages_write_as_well() {
        let keys: [(&dyn LockKey, &str); 12] = [
            (&"cluster 7", "cluster 7"),
            (&String::from("ä"), "ä"),
            (&'ß', "ß"),
            (&7u8, "7"),
            (&-128i8, "-128"),
            (&u128::MAX, "340282366920938463463374607431768211455"),
            (&NonZero::new(5i64).expect("it is not zero"), "5"),
            (&true, "true"),
            (&false, "false"),
            (&Box::new(Arc::new(7u64)), "7"),
            (&Cow::Borrowed("text"), "text"),
            (&Some("cluster 7"), "cluster 7"),
        ];
        for (value, expected) in keys {
            assert_eq!(value.lock_key(), expected);
        }
    }

    #[test]
    fn nothing_differs_from_every_value() {
        let values =
            [None, Some(None), Some(Some("")), Some(Some("\0")), Some(Some("\0\0")), Some(Some("a"))];
        let keys: HashSet<_> = values.iter().map(LockKey::lock_key).collect();
        assert_eq!(keys.len(), values.len());
        let texts = [None, Some(""), Some("\0"), Some("\0\0"), Some("\0\0\0")];
        let keys: HashSet<_> = texts.iter().map(LockKey::lock_key).collect();
        assert_eq!(keys.len(), texts.len());
    }
}
