//! `call --stream`: a call for each line of JSON, several at a time, and a line for each in the order of the input.

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader};

use crate::{
    body::{self, MAX_BODY_BYTES},
    caller::Caller,
    exit::Exit,
    failure::Failure,
    session::Session,
};

type Input = Box<dyn AsyncBufRead + Send + Unpin>;

/// Calls once for each line of `source`: a file, or `-` for stdin.
///
/// # Errors
/// When `source` cannot be read; at the end, the exit code of the first call that failed. What failed is in the output.
pub(super) async fn run(
    source: &str,
    concurrency: usize,
    caller: &Caller,
    session: &Session,
) -> Result<(), Failure> {
    let lines = stream::unfold(Some(open(source).await?), |input| async move {
        let mut input: Input = input?;
        match next_line(&mut input).await {
            Ok(Some(line)) => Some((Ok(line), Some(input))),
            Ok(None) => None,
            // What follows a line that cannot be read cannot be told from it.
            Err(failure) => Some((Err(failure), None)),
        }
    });
    let outcomes =
        lines.map(|line| async move { one(line?, caller).await }).buffered(concurrency).enumerate();
    let mut outcomes = std::pin::pin!(outcomes);
    let mut first: Option<Exit> = None;
    while let Some((index, outcome)) = outcomes.next().await {
        let line = match &outcome {
            Ok(result) => json!({"index": index, "result": result}),
            Err(failure) => json!({"index": index, "error": error_of(failure)}),
        };
        // One line each, whatever the form: programs read it.
        session.output.line(&line.to_string())?;
        let Err(failure) = outcome else { continue };
        first.get_or_insert(failure.exit());
        if failure.exit() == Exit::Connect {
            // Each further call would wait in vain.
            failure.print(session.output.form());
            break;
        }
    }
    first.map_or(Ok(()), |exit| Err(Failure::reported(exit)))
}

async fn one(line: Vec<u8>, caller: &Caller) -> Result<Value, Failure> {
    let body = body::parse(&line)?;
    caller.check(&body)?;
    caller.call(body).await.map_err(|error| caller.failure(error))
}

fn error_of(failure: &Failure) -> Value {
    let mut error = json!({"exit": failure.exit() as u8, "message": failure.to_string()});
    if let Some(value) = failure.value() {
        error["value"] = value.clone();
    }
    error
}

async fn open(source: &str) -> Result<Input, Failure> {
    if source == "-" {
        return Ok(Box::new(BufReader::new(tokio::io::stdin())));
    }
    let path = source.strip_prefix('@').unwrap_or(source);
    let file = tokio::fs::File::open(path).await;
    Ok(Box::new(BufReader::new(file.map_err(|error| Failure::usage(format!("{path}: {error}")))?)))
}

/// The next line that is not blank.
async fn next_line(input: &mut Input) -> Result<Option<Vec<u8>>, Failure> {
    loop {
        let mut line = Vec::new();
        let read = (&mut *input).take(MAX_BODY_BYTES + 1).read_until(b'\n', &mut line).await;
        match read.map_err(|error| Failure::usage(format!("reading a line: {error}")))? {
            0 => return Ok(None),
            read if read as u64 > MAX_BODY_BYTES => {
                return Err(Failure::usage(format!("a line has more than {MAX_BODY_BYTES} bytes")));
            }
            _ if line.iter().all(u8::is_ascii_whitespace) => {}
            _ => return Ok(Some(line)),
        }
    }
}
