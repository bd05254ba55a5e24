//! The files of the workspace, as text, and the crates and programs they make up.

use std::{collections::BTreeMap, fmt, fs, path::Path};

/// What is read, by the end of the name.
const READ: [&str; 4] = [".rs", ".md", ".toml", ".sh"];

/// The files of a workspace by their path from its root, with `/` between folders.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) files: BTreeMap<String, String>,
}

/// A tree of modules that is compiled as one: a library or a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crate {
    /// `rpc-runtime` for the library of that package, `benches/soak` for a program.
    pub(crate) name: String,
    /// The file of its root module.
    pub(crate) root: String,
}

/// A broken rule, at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// A file, a file and a line, or a crate.
    pub(crate) place: String,
    pub(crate) text: String,
}

impl Problem {
    pub(crate) fn new(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { place: place.into(), text: text.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.text)
    }
}

impl Workspace {
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let mut workspace = Self::default();
        workspace.read_folder(root, "")?;
        Ok(workspace)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> Result<(), String> {
        let failed = |error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name.starts_with('.') || name == "target" {
                continue;
            }
            let path = format!("{prefix}{name}");
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                self.read_folder(&entry.path(), &format!("{path}/"))?;
            } else if kind.is_file() && READ.iter().any(|end| name.ends_with(end)) {
                let text = fs::read_to_string(entry.path()).map_err(|error| format!("{path}: {error}"))?;
                self.files.insert(path, text);
            }
        }
        Ok(())
    }

    /// Libraries and benches. Programs of one file are among them; tests and examples are not.
    pub(crate) fn crates(&self) -> Vec<Crate> {
        self.files.keys().filter_map(|path| crate_of_root(path)).collect()
    }
}

/// The crate that a file is the root of.
fn crate_of_root(path: &str) -> Option<Crate> {
    let segments: Vec<&str> = path.split('/').collect();
    // Packages below `benches`, those of the workspace of peers among them.
    if let ["benches", package @ .., "src", "lib.rs" | "main.rs"] = segments.as_slice()
        && !package.is_empty()
    {
        return Some(Crate { name: format!("benches/{}", package.join("/")), root: path.to_owned() });
    }
    let (package, inside) = match segments.as_slice() {
        ["src" | "benches", ..] => ("", segments.as_slice()),
        [package, inside @ ..] => (*package, inside),
        [] => return None,
    };
    let program = match inside {
        ["src", "lib.rs" | "main.rs"] => "",
        ["benches", program, "main.rs"] => program,
        ["benches", file] => file.strip_suffix(".rs")?,
        _ => return None,
    };
    let name = match (package, program) {
        ("", "") => "amqp-rpc".to_owned(),
        (package, "") => package.to_owned(),
        ("", program) => format!("benches/{program}"),
        (package, program) => format!("{package}/benches/{program}"),
    };
    Some(Crate { name, root: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_and_benches_are_crates_and_other_files_are_not() {
        let roots = [
            ("src/lib.rs", Some("amqp-rpc")),
            ("rpc-runtime/src/lib.rs", Some("rpc-runtime")),
            ("xtask/src/main.rs", Some("xtask")),
            ("benches/soak/main.rs", Some("benches/soak")),
            ("benches/brokers.rs", Some("benches/brokers")),
            ("benches/harness/src/lib.rs", Some("benches/harness")),
            ("benches/peers/kanin/src/main.rs", Some("benches/peers/kanin")),
            ("benches/peers/kanin/src/client.rs", None),
            ("rpc-broker/benches/connections.rs", Some("rpc-broker/benches/connections")),
            ("benches/soak/run.rs", None),
            ("rpc-runtime/src/client/lib.rs", None),
            ("tests/e2e/main.rs", None),
        ];
        for (path, expected) in roots {
            assert_eq!(crate_of_root(path).map(|found| found.name).as_deref(), expected, "{path}");
        }
    }
}
