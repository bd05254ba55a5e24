//! The next version, by the rules of semantic versioning as Cargo has them.

use serde::Serialize;

/// How much of a version changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Bump {
    /// Nothing has changed.
    #[default]
    None,
    /// Texts have changed, and nothing that travels.
    Patch,
    /// Old clients work with the new server. New clients may need it.
    Minor,
    /// Old clients break.
    Major,
}

impl Bump {
    /// The version after `version`; `None` if that is not of the form `1.2.3`.
    ///
    /// Below 1.0 what breaks clients changes the second number, and everything else the third. Of `0.0.z` every change
    /// changes the third, since none of those versions promises anything. What follows a hyphen or a plus sign is left
    /// out; a pre-release is followed by what it precedes.
    #[must_use]
    pub fn next(self, version: &str) -> Option<String> {
        let without_build = version.split('+').next().unwrap_or_default();
        let (numbers, is_prerelease) = match without_build.split_once('-') {
            Some((numbers, _)) => (numbers, true),
            None => (without_build, false),
        };
        let mut numbers = numbers.split('.').map(|number| number.parse::<u64>().ok());
        let (Some(Some(major)), Some(Some(minor)), Some(Some(patch)), None) =
            (numbers.next(), numbers.next(), numbers.next(), numbers.next())
        else {
            return None;
        };
        let (major, minor, patch) = match (self, major, minor) {
            _ if is_prerelease && self != Self::None => (major, minor, patch),
            (Self::None, ..) => return Some(version.to_owned()),
            (_, 0, 0) => (0, 0, patch.checked_add(1)?),
            (Self::Major, 0, _) => (0, minor.checked_add(1)?, 0),
            (Self::Minor | Self::Patch, 0, _) | (Self::Patch, ..) => (major, minor, patch.checked_add(1)?),
            (Self::Minor, ..) => (major, minor.checked_add(1)?, 0),
            (Self::Major, ..) => (major.checked_add(1)?, 0, 0),
        };
        Some(format!("{major}.{minor}.{patch}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_below_one_move_one_number_further_right() {
        let next =
            |version| [Bump::None, Bump::Patch, Bump::Minor, Bump::Major].map(|bump| bump.next(version));
        let some = |versions: [&str; 4]| versions.map(|version| Some(version.to_owned()));
        assert_eq!(next("1.2.3"), some(["1.2.3", "1.2.4", "1.3.0", "2.0.0"]));
        assert_eq!(next("0.2.3"), some(["0.2.3", "0.2.4", "0.2.4", "0.3.0"]));
        assert_eq!(next("0.0.3"), some(["0.0.3", "0.0.4", "0.0.4", "0.0.4"]));
        assert_eq!(next("1.2.3+build"), some(["1.2.3+build", "1.2.4", "1.3.0", "2.0.0"]));
        assert_eq!(next("2.0.0-rc.1"), some(["2.0.0-rc.1", "2.0.0", "2.0.0", "2.0.0"]));
    }

    #[test]
    fn what_is_no_version_has_no_next() {
        for version in ["", "1", "1.2", "1.2.3.4", "1.2.x", "v1.2.3", "-1.2.3", "1.2.18446744073709551616"] {
            assert_eq!(Bump::Major.next(version), None, "{version}");
        }
        assert_eq!(Bump::Major.next("18446744073709551615.0.0"), None);
    }
}
