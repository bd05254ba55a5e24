//! A home directory of a test, in which contexts and caches are kept.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use super::{Program, Ran};

/// A directory that is deleted when this is dropped.
#[derive(Debug)]
pub(crate) struct Home(PathBuf);

impl Home {
    pub(crate) fn create() -> Self {
        static CREATED: AtomicU32 = AtomicU32::new(0);
        let number = CREATED.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("amqp-rpc-cli-{}-{number}", process::id()));
        fs::create_dir_all(&path).expect("the directory can be created");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file, and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).expect("the file can be written");
        path.display().to_string()
    }

    /// The program with these arguments, and no broker.
    pub(crate) fn program(&self, arguments: &[&str]) -> Program {
        Program::new(self.path()).arguments(arguments)
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        self.program(arguments).run("").await
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
