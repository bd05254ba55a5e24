//! What `scripts/contract-documents.sh` has installed, and running it.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{self, Command},
};

use crate::left_out::leave_out;

/// Tools that live together: `node` or `python`.
pub(super) struct Tools {
    folder: PathBuf,
}

/// How a program ended, and all that it printed.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) succeeded: bool,
    pub(super) text: String,
}

impl Tools {
    /// The tools of this name; `None`, and the running test is left out, where they could not be installed.
    pub(super) fn installed(name: &str) -> Option<Self> {
        let Some(tools) = env::var_os("AMQP_RPC_TEST_DOCUMENTS") else {
            panic!(
                "AMQP_RPC_TEST_DOCUMENTS is not set: run scripts/test.sh, or set it to what \
                 scripts/contract-documents.sh prints"
            );
        };
        let folder = Path::new(&tools).join(name);
        if let Ok(reason) = fs::read_to_string(folder.join("skipped")) {
            leave_out(&format!("{name} is not installed: {}", reason.trim()));
            return None;
        }
        assert!(folder.is_dir(), "scripts/contract-documents.sh has made no {name}");
        Some(Self { folder })
    }

    /// Runs a program of the tools in a folder.
    pub(super) fn run<A: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = A>,
        folder: &Path,
    ) -> Output {
        self.run_on("", program, arguments, folder)
    }

    /// The same, for a program that calls a service on the broker of this URL.
    pub(super) fn run_on<A: AsRef<OsStr>>(
        &self,
        broker: &str,
        program: &str,
        arguments: impl IntoIterator<Item = A>,
        folder: &Path,
    ) -> Output {
        let mut command = Command::new(self.folder.join(program));
        command
            .args(arguments)
            .current_dir(folder)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("AMQP_URL", broker);
        let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}"));
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Output { succeeded: output.status.success(), text: text.concat() }
    }

    /// Runs a script of `tests/documents/node`, which finds its packages beside the copy that was installed.
    pub(super) fn run_script<A: AsRef<OsStr>>(
        &self,
        script: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Output {
        let script = self.folder.join(script).into_os_string();
        let arguments = arguments.into_iter().map(|argument| argument.as_ref().to_owned());
        self.run("node", [script].into_iter().chain(arguments), &self.folder)
    }
}

/// A new folder for what a test writes. It is removed when the test succeeds.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("amqp-rpc-documents-{}-{name}", process::id()));
        fs::create_dir_all(&folder).expect("a folder in the temporary one");
        Self(folder)
    }

    /// Copies a file of `tests/documents/FOLDER`.
    pub(super) fn copy(&self, folder: &str, file: &str) {
        fs::copy(crate::committed::path(folder, file), self.0.join(file)).expect("the file is committed");
    }

    pub(super) fn write(&self, file: &str, text: &str) -> PathBuf {
        let path = self.0.join(file);
        fs::write(&path, text).expect("the folder can be written to");
        path
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

impl Output {
    /// What a program printed that succeeded.
    pub(super) fn of_success(self) -> String {
        assert!(self.succeeded, "{}", self.text);
        self.text
    }

    /// What a program printed that failed.
    pub(super) fn of_failure(self) -> String {
        assert!(!self.succeeded, "it succeeded: {}", self.text);
        self.text
    }
}
