//! Names that a document may use as keys.

use std::collections::{HashMap, HashSet};

/// `name` with the characters that AsyncAPI allows in keys of components: other characters become underscores.
pub(crate) fn identifier(name: &str) -> String {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    let identifier: String =
        name.chars().map(|character| if allowed(character) { character } else { '_' }).collect();
    if identifier.is_empty() { "_".to_owned() } else { identifier }
}

/// The names of one kind of components, no two of which are equal.
#[derive(Debug, Default)]
pub(crate) struct Names {
    taken: HashSet<String>,
    /// The next number of each name that was wanted again. Numbers below are taken.
    next: HashMap<String, u32>,
}

impl Names {
    /// These names are taken from the beginning.
    pub(crate) fn taken(names: impl IntoIterator<Item = String>) -> Self {
        Self { taken: names.into_iter().collect(), next: HashMap::new() }
    }

    /// `wanted`, or if it is taken already, `wanted_2` and so on. It is taken then.
    pub(crate) fn free(&mut self, wanted: String) -> String {
        if self.taken.insert(wanted.clone()) {
            return wanted;
        }
        let number = self.next.entry(wanted.clone()).or_insert(2);
        loop {
            let name = format!("{wanted}_{number}");
            *number += 1;
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }
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
        let mut taken = Names::taken(["a_3".to_owned()]);
        let names: Vec<String> = (0..4).map(|_| taken.free("a".to_owned())).collect();
        assert_eq!(names, ["a", "a_2", "a_4", "a_5"]);
        assert_eq!(taken.free("a_2".to_owned()), "a_2_2");
    }

    /// Counting from two each time would take the square of it.
    #[test]
    fn a_name_that_is_wanted_often_is_found_at_once() {
        let begun = std::time::Instant::now();
        let mut names = Names::default();
        let last = (0..100_000).map(|_| names.free("a".to_owned())).last();
        assert_eq!(last.as_deref(), Some("a_100000"));
        assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    }

    #[test]
    fn words_are_joined() {
        assert_eq!(pascal_case("user_admin"), "UserAdmin");
        assert_eq!(pascal_case("user.admin-v2"), "UserAdminV2");
        assert_eq!(pascal_case(""), "");
    }
}
