//! What `scripts/dialect-peers.sh` has installed: a folder per group of packages, or the reason why there is
//! none.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::support::left_out::leave_out;

/// Packages that live together, with the interpreter that runs programs with them; or a program in Rust.
#[derive(Clone, Debug)]
pub(super) struct Group {
    folder: PathBuf,
}

impl Group {
    /// The group of this name; `None`, and the running test is left out, where it could not be installed.
    pub(super) fn installed(name: &str) -> Option<Self> {
        let Some(peers) = env::var_os("AMQP_RPC_TEST_PEERS") else {
            panic!(
                "AMQP_RPC_TEST_PEERS is not set: run scripts/test.sh, or set it to what scripts/dialect-peers.sh prints"
            );
        };
        let folder = Path::new(&peers).join(name);
        if let Ok(reason) = fs::read_to_string(folder.join("skipped")) {
            leave_out(&format!("{name} is not installed: {}", reason.trim()));
            return None;
        }
        assert!(folder.is_dir(), "scripts/dialect-peers.sh knows no group {name}");
        Some(Self { folder })
    }

    /// A command that runs this program of `tests/dialects/peers`.
    pub(super) fn command(&self, program: &str) -> Command {
        let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialects/peers/python");
        match Path::new(program).extension().and_then(OsStr::to_str) {
            Some("py") => {
                let mut command = Command::new(self.folder.join("bin/python"));
                command.arg(programs.join(program)).env("PYTHONDONTWRITEBYTECODE", "1");
                command
            }
            Some("mjs") => {
                let mut command = Command::new(self.folder.join("node"));
                // Packages are looked up beside the link to the program, not beside the program.
                command.args(["--preserve-symlinks", "--preserve-symlinks-main"]);
                command.arg(self.folder.join("programs").join(program));
                command
            }
            // It is compiled.
            _ => Command::new(self.folder.join(program)),
        }
    }
}
