//! The command line of the workspace's own checks: which command runs which rules, and with what exit code.
//!
//! `cargo run -q -p xtask -- --help` lists the commands. `scripts/check.sh` calls them.

mod structure;
mod tree;
mod words;
mod workspace;

use std::{path::PathBuf, process::ExitCode};

use structure::{Rule, Structure};
use workspace::{Problem, Workspace};

const HELP: &str = "\
Checks of this workspace that neither rustc nor clippy has.

cargo run -q -p xtask -- COMMAND [--root DIR]

structure [RULE]...    fails where a rule is broken; without a name, all rules:
    circles            files of a crate do not import each other in a circle
    order              modules import only what stands below them in xtask/order.txt
    folders            a folder holds at most 17 .rs files
    functions          a function has at most 60 lines
    files              a file has at most 300 lines, unless xtask/long-files.txt gives a reason
    manifests          only the transport crate depends on lapin
structure --counts     prints the numbers behind circles, folders and functions, for each crate
structure --rooms      lists the folders that import each other in a circle, though their files may not
words                  fails where a word of xtask/retired-words.txt stands in sources or documents

--root DIR             the workspace to check; default: this one";

enum Command {
    Structure(Vec<Rule>),
    Counts,
    Rooms,
    Words,
}

fn main() -> ExitCode {
    let (command, root) = match read_arguments(std::env::args().skip(1)) {
        Ok(Some(invocation)) => invocation,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(mistake) => {
            eprintln!("xtask: {mistake}");
            return ExitCode::from(2);
        }
    };
    match run(&command, root) {
        Ok(problems) if problems.is_empty() => ExitCode::SUCCESS,
        Ok(problems) => {
            for problem in &problems {
                println!("{problem}");
            }
            ExitCode::FAILURE
        }
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn read_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Option<(Command, PathBuf)>, String> {
    let mut root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut words = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(None),
            "--root" => root = arguments.next().ok_or("--root needs a directory")?.into(),
            _ => words.push(argument),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let command = match words.as_slice() {
        ["structure", "--counts"] => Command::Counts,
        ["structure", "--rooms"] => Command::Rooms,
        ["structure"] => Command::Structure(Rule::ALL.to_vec()),
        ["structure", rules @ ..] => {
            let rules = rules.iter().map(|name| Rule::by_name(name).ok_or(format!("unknown rule {name}")));
            Command::Structure(rules.collect::<Result<_, _>>()?)
        }
        ["words"] => Command::Words,
        _ => return Err("unknown command; --help lists them".to_owned()),
    };
    Ok(Some((command, root)))
}

fn run(command: &Command, root: PathBuf) -> Result<Vec<Problem>, String> {
    let workspace = Workspace::read(&root)?;
    match command {
        Command::Structure(rules) => Structure::read(&workspace)?.problems(rules),
        Command::Counts => {
            print!("{}", Structure::read(&workspace)?.counts());
            Ok(Vec::new())
        }
        Command::Rooms => Ok(Structure::read(&workspace)?.room_circles()),
        Command::Words => words::problems(&workspace, include_str!("../retired-words.txt")),
    }
}
