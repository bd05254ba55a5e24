//! Contracts in files: AsyncAPI documents, descriptions, and lists of them.

use std::{fs, path::Path};

use amqp_rpc::{description::ServiceDescription, docs::asyncapi};

use crate::{body, failure::Failure};

/// Reads the services of a file; `-` is stdin.
///
/// # Errors
/// When it cannot be read, is no JSON, or no contract.
pub(crate) fn read(path: &Path) -> Result<Vec<ServiceDescription>, Failure> {
    let name = path.display().to_string();
    let text = if name == "-" {
        body::limited(std::io::stdin(), "stdin")?
    } else {
        let file = fs::File::open(path).map_err(|error| Failure::usage(format!("{name}: {error}")))?;
        body::limited(file, &name)?
    };
    let document = serde_json::from_slice(&text)
        .map_err(|error| Failure::usage(format!("{name} is no JSON: {error}")))?;
    asyncapi::read(&document).map_err(|error| {
        Failure::usage(format!("{name} is no contract: {error}")).advice(
            "`amqp-rpc docs export` writes one, and so do the functions of docs/contract-documents.md",
        )
    })
}
