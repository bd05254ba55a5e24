//! Keeps lapin in the transport crate: no other package depends on it, but for tests, and for what is compared.

use crate::workspace::{Problem, Workspace};

const TRANSPORT: &str = "rpc-amqp/Cargo.toml";
/// A workspace of its own, of programs that this library is compared with.
const PEERS: &str = "benches/peers/";

pub(super) fn problems(workspace: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    let manifests = workspace
        .files
        .iter()
        .filter(|(path, _)| path.ends_with("Cargo.toml") && *path != TRANSPORT && !path.starts_with(PEERS));
    for (path, text) in manifests {
        for line in dependencies(text, "lapin") {
            problems
                .push(Problem::new(format!("{path}:{line}"), format!("only {TRANSPORT} depends on lapin")));
        }
    }
    problems
}

/// The lines that name the package where it becomes part of what is built. `[workspace.dependencies]` only
/// gives versions.
fn dependencies(manifest: &str, package: &str) -> Vec<usize> {
    let mut section = "";
    let mut lines = Vec::new();
    for (number, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = header;
        }
        let names_it = match line.strip_prefix('[') {
            // `[dependencies.lapin]`
            Some(header) => header.trim_end_matches(']').ends_with(&format!(".{package}")),
            None => {
                line.split(['.', '=', ' ']).next() == Some(package)
                    || line.contains(&format!("package = \"{package}\""))
            }
        };
        if names_it && is_built_in(section) {
            lines.push(number + 1);
        }
    }
    lines
}

fn is_built_in(section: &str) -> bool {
    !section.starts_with("workspace.")
        && section.split('.').any(|part| matches!(part, "dependencies" | "build-dependencies"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_found_however_it_is_written() {
        for manifest in [
            "[dependencies]\nlapin.workspace = true",
            "[dependencies]\nlapin = \"4\"",
            "[dependencies]\nrabbit = { package = \"lapin\", version = \"4\" }",
            "[target.'cfg(unix)'.dependencies]\nlapin = { workspace = true }",
            "[build-dependencies]\nlapin = \"4\"",
            "[package]\n[dependencies.lapin]",
        ] {
            assert_eq!(dependencies(manifest, "lapin"), [2], "{manifest}");
        }
    }

    #[test]
    fn tests_and_versions_for_the_workspace_may_name_it() {
        for manifest in [
            "[dev-dependencies]\nlapin.workspace = true",
            "[workspace.dependencies]\nlapin = \"4\"",
            "[dependencies]\nlapin-helper = \"4\"\n# lapin = 4",
        ] {
            assert!(dependencies(manifest, "lapin").is_empty(), "{manifest}");
        }
    }

    #[test]
    fn only_the_transport_may_depend_on_it() {
        let mut workspace = Workspace::default();
        for may in [TRANSPORT, "benches/peers/lapin/Cargo.toml"] {
            workspace.files.insert(may.to_owned(), "[dependencies]\nlapin = \"4\"".to_owned());
        }
        assert!(problems(&workspace).is_empty());
        workspace
            .files
            .insert("rpc-runtime/Cargo.toml".to_owned(), "[dependencies]\nlapin = \"4\"".to_owned());
        assert_eq!(
            problems(&workspace),
            [Problem::new("rpc-runtime/Cargo.toml:2", "only rpc-amqp/Cargo.toml depends on lapin")]
        );
    }
}
