//! The named brokers, in a file that only its user can read.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The named brokers.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contexts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    selected: Option<String>,
    #[serde(default)]
    contexts: BTreeMap<String, Context>,
}

/// A named broker.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Context {
    /// The URL; without a password unless its user has said to store it.
    pub(crate) url: String,
    /// Prints the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password_command: Option<String>,
    /// The variable that has the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password_env: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) contract: Option<PathBuf>,
}

impl Contexts {
    /// Reads the file; without one there are no contexts.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was written.
    pub(crate) fn load() -> Result<Self, Failure> {
        let Some(path) = file() else { return Ok(Self::default()) };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Failure::usage(format!("{}: {error}", path.display()))),
        };
        serde_json::from_str(&text).map_err(|error| {
            // Its text may quote a value, and so a password.
            let (line, column) = (error.line(), error.column());
            let text =
                format!("{}: line {line}, column {column} is not what this command writes", path.display());
            Failure::usage(text).advice("mend the file, or delete it and add the contexts again")
        })
    }

    /// Writes the file, with mode 0600, in place of the old one.
    ///
    /// # Errors
    /// When it cannot be written, or there is no home directory.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        let path = file().ok_or_else(|| {
            Failure::usage("there is no place for contexts").advice("set XDG_CONFIG_HOME or HOME")
        })?;
        let text = serde_json::to_string_pretty(self).map_err(|error| Failure::usage(error.to_string()))?;
        replace(&path, &text).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
    }

    /// The context in use.
    pub(crate) fn selected(&self) -> Option<&String> {
        self.selected.as_ref()
    }

    /// The contexts by their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Context)> {
        self.contexts.iter()
    }

    /// # Errors
    /// When there is none of this name; the text lists those that there are.
    pub(crate) fn get(&self, name: &str) -> Result<&Context, Failure> {
        self.contexts.get(name).ok_or_else(|| {
            let failure = Failure::usage(format!("there is no context `{name}`"));
            match self.contexts.keys().cloned().collect::<Vec<_>>().join(", ") {
                names if names.is_empty() => {
                    failure.advice(format!("add it: amqp-rpc context add {name} --url amqp://user@host"))
                }
                names => failure.advice(format!("there are: {names}")),
            }
        })
    }

    pub(crate) fn insert(&mut self, name: String, context: Context) {
        self.contexts.insert(name, context);
    }

    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) fn select(&mut self, name: &str) -> Result<(), Failure> {
        self.get(name)?;
        self.selected = Some(name.to_owned());
        Ok(())
    }

    /// Removes a context; then none is in use if it was this one.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) fn remove(&mut self, name: &str) -> Result<(), Failure> {
        self.get(name)?;
        self.contexts.remove(name);
        self.selected.take_if(|selected| selected == name);
        Ok(())
    }
}

/// `$XDG_CONFIG_HOME/amqp-rpc/contexts.json`, by default below `~/.config`.
pub(crate) fn file() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))?;
    Some(folder.join("amqp-rpc").join("contexts.json"))
}

/// Writes a new file and renames it: a crash leaves the old one or the new one. The file has mode 0600 before it has
/// content.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let new = folder.join(format!(".contexts.{}", std::process::id()));
    let written = write_private(&new, text).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // It was not put in place: what is left of it is of no use.
        let _ = fs::remove_file(&new);
    }
    written
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
