//! Names that a document may use as keys.

use std::collections::HashSet;

/// `name` with the characters that AsyncAPI allows in keys of components: other characters become underscores.
pub(crate) fn identifier(name: &str) -> String {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    let identifier: String =
        name.chars().map(|character| if allowed(character) { character } else { '_' }).collect();
    if identifier.is_empty() { "_".to_owned() } else { identifier }
}

/// `wanted`, or if it is taken already, `wanted_2` and so on. It is taken then.
pub(crate) fn free_name(wanted: String, taken: &mut HashSet<String>) -> String {
    let mut name = wanted.clone();
    let mut number = 2_u32;
    while taken.contains(&name) {
        name = format!("{wanted}_{number}");
        number += 1;
    }
    taken.insert(name.clone());
    name
}

/// `UserAdmin` for `user_admin` and `user.admin`.
pub(crate) fn pascal_case(name: &str) -> String {
    let words = name.split(|character: char| !character.is_alphanumeric());
    words
        .flat_map(|word| {
            let mut characters = word.chars();
            characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_what_keys_may_have() {
        assert_eq!(identifier("fib.compute-1_a"), "fib.compute-1_a");
        assert_eq!(identifier("Page<User>"), "Page_User_");
        assert_eq!(identifier("größe#?"), "gr__e__");
        assert_eq!(identifier(""), "_");
    }

    #[test]
    fn names_are_numbered_from_two() {
        let mut taken = HashSet::new();
        let names: Vec<String> = (0..3).map(|_| free_name("a".to_owned(), &mut taken)).collect();
        assert_eq!(names, ["a", "a_2", "a_3"]);
    }

    #[test]
    fn words_are_joined() {
        assert_eq!(pascal_case("user_admin"), "UserAdmin");
        assert_eq!(pascal_case("user.admin-v2"), "UserAdminV2");
        assert_eq!(pascal_case(""), "");
    }
}
