//! Sends requests to the broker one behind the other, without waiting for the answers in between.

use std::{future::Future, pin::Pin};

use futures_util::FutureExt;

/// A request with its answer. Boxed: as a generic type its lifetimes would be too much for the compiler.
pub type Request<'a, E> = Pin<Box<dyn Future<Output = Result<(), E>> + Send + 'a>>;

/// Starts `requests` in their order, then waits for their outcomes in the same order. Returns the first
/// failure; what comes behind it fails for the same reason and is dropped.
///
/// Each of them must send on its first poll, and the broker must answer in the order of the requests, as it
/// does on one channel. `answered` is called before each wait, with the number of outcomes that are known.
///
/// # Errors
/// The first, in the order of the requests.
pub async fn pipelined<E>(requests: Vec<Request<'_, E>>, answered: impl Fn(usize)) -> Result<(), E> {
    let mut started = Vec::new();
    for mut request in requests {
        let outcome = (&mut request).now_or_never();
        let has_failed = outcome.as_ref().is_some_and(Result::is_err);
        started.push((request, outcome));
        if has_failed {
            // Nothing is sent behind it. Those before it are still waited for: theirs is the first error.
            break;
        }
    }
    for (known, (request, outcome)) in started.into_iter().enumerate() {
        match outcome {
            Some(outcome) => outcome?,
            None => {
                answered(known);
                request.await?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        cell::RefCell,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use tokio::{sync::oneshot, task::yield_now};

    use super::*;

    fn block_on<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts").block_on(future)
    }

    #[test]
    fn all_are_sent_before_the_first_is_answered() {
        let known_before_answers = RefCell::new(Vec::new());
        let (answers, outcomes): (Vec<_>, Vec<_>) =
            (0..50).map(|_| oneshot::channel::<Result<(), u8>>()).unzip();
        let sent = &AtomicUsize::new(0);
        let request = |outcome: oneshot::Receiver<_>| -> Request<'_, u8> {
            Box::pin(async move {
                sent.fetch_add(1, Ordering::SeqCst);
                outcome.await.expect("it is answered")
            })
        };
        let requests = outcomes.into_iter().map(request).collect();
        let pipeline = pipelined(requests, |known| known_before_answers.borrow_mut().push(known));
        block_on(async {
            let answering = async {
                // The pipeline is polled first.
                assert_eq!(sent.load(Ordering::SeqCst), 50);
                assert_eq!(*known_before_answers.borrow(), [0]);
                answers.into_iter().for_each(|answer| answer.send(Ok(())).expect("it is waited for"));
            };
            let (result, ()) = tokio::join!(biased; pipeline, answering);
            assert_eq!(result, Ok(()));
        });
        assert_eq!(known_before_answers.borrow().last(), Some(&49));
    }

    #[test]
    fn the_first_failure_counts_whichever_is_known_first() {
        let request = |failure: Option<u8>, at_once: bool| -> Request<'_, u8> {
            Box::pin(async move {
                if !at_once {
                    yield_now().await;
                }
                failure.map_or(Ok(()), Err)
            })
        };
        let run = |requests: [_; 3]| block_on(pipelined(requests.into(), |_| {}));
        assert_eq!(run([request(None, true), request(None, false), request(None, true)]), Ok(()));
        assert_eq!(run([request(None, true), request(Some(1), false), request(Some(2), true)]), Err(1));
        assert_eq!(run([request(Some(1), true), request(Some(2), false), request(None, false)]), Err(1));
    }
}
