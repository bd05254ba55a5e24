//! Turns an encoded call into its encoded reply. Generated dispatchers delegate to this.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{self, Poll},
};

use futures_util::future::{AbortHandle, Aborted, abortable};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, SemaphorePermit},
    task::{JoinError, JoinHandle},
};

use super::{
    decode::{Encoded, read},
    partition_check::check_partition,
};
use crate::{
    codec::AnyCodec,
    contract::{NoError, NoReply, Repetition, Request, Response, ServeFuture},
    lock::held,
    message::{Context, Fault, FaultCode, IncomingCall, Inherited, Reply, ReplyKind},
    secrets::MessageScope,
};

/// Decodes the request, runs the method, encodes what it returned.
pub fn serve<R, F, Fut>(call: IncomingCall, run: F) -> ServeFuture
where
    R: Request,
    F: FnOnce(R, Context) -> Fut + Send + 'static,
    Fut: Future<Output = Result<R::Response, R::Error>> + Send + 'static,
{
    Box::pin(async move {
        let Opened { request, context, reply } = open::<R>(call)?;
        reply.encode::<R>(run(request, context).await)
    })
}

/// Runs a notification or the handler of an event. Its error is logged, and takes the request to the dead
/// letters.
pub fn serve_one_way<R, E, F, Fut>(call: IncomingCall, run: F) -> ServeFuture
where
    R: Request<Response = NoReply, Error = NoError>,
    E: fmt::Display,
    F: FnOnce(R, Context) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), E>> + Send + 'static,
{
    Box::pin(async move {
        let Opened { request, context, reply } = open::<R>(call)?;
        match run(request, context).await {
            Ok(()) => reply.encode::<R>(Ok(NoReply::default())),
            Err(error) => Err(failed(&error)),
        }
    })
}

/// Does the same with a method that blocks; see [`serve_blocking`].
pub fn serve_one_way_blocking<R, E, F>(call: IncomingCall, run: F) -> ServeFuture
where
    R: Request<Response = NoReply, Error = NoError>,
    E: fmt::Display,
    F: FnOnce(R, Context) -> Result<(), E> + Send + 'static,
{
    Box::pin(async move {
        let thread = blocking_thread().await;
        let Opened { request, context, reply } = open::<R>(call)?;
        on_blocking_thread(thread, move || match run(request, context) {
            Ok(()) => reply.encode::<R>(Ok(NoReply::default())),
            Err(error) => Err(failed(&error)),
        })
        .await
    })
}

fn failed(error: &dyn fmt::Display) -> Fault {
    // The error's text is for the log only: a foreign client may have asked for a reply all the same.
    Fault::new(FaultCode::Internal, "the method failed").with_detail(error.to_string())
}

/// Does the same as [`serve`] with a method that blocks, on a thread of tokio's pool for blocking work. At most
/// 256 such methods run at a time in a program: the other half of that pool, which has 512 threads by default,
/// is left to everything else that needs it, such as files and the resolution of names.
///
/// Such a method cannot be cancelled: when the server's shutdown stops waiting for it, it runs to its end,
/// and its result is discarded.
pub fn serve_blocking<R, F>(call: IncomingCall, run: F) -> ServeFuture
where
    R: Request,
    F: FnOnce(R, Context) -> Result<R::Response, R::Error> + Send + 'static,
{
    Box::pin(async move {
        let thread = blocking_thread().await;
        // Only now: its deadline may have passed while it waited.
        let Opened { request, context, reply } = open::<R>(call)?;
        on_blocking_thread(thread, move || reply.encode::<R>(run(request, context))).await
    })
}

/// Runs an `async` method to its end on such a thread.
///
/// Dropped, it cancels the method: before it has started, or where it waits next.
pub(crate) async fn run_on_blocking_thread(
    method: impl Future<Output = Result<Reply, Fault>> + Send + 'static,
) -> Result<Reply, Fault> {
    let thread = blocking_thread().await;
    let (method, handle) = abortable(method);
    let _cancel = CancelOnDrop(handle);
    let runtime = Handle::current();
    on_blocking_thread(thread, move || {
        // Nobody learns of the fault: only who waits for the reply cancels.
        let run = ON_BLOCKING_THREAD.scope((), method);
        runtime.block_on(run).unwrap_or_else(|Aborted| Err(Fault::new(FaultCode::ShuttingDown, "cancelled")))
    })
    .await
}

struct CancelOnDrop(AbortHandle);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

tokio::task_local! {
    /// Set in methods that run on a thread that they may block.
    static ON_BLOCKING_THREAD: ();
}

/// The right to block a thread of tokio's pool.
enum BlockingThread {
    Another(SemaphorePermit<'static>),
    /// This one. A method that the contract and the server declare `blocking` takes one thread: if it waited for a
    /// second one, 256 of them would wait for each other.
    Current,
}

/// Waits until fewer than 256 methods block a thread.
async fn blocking_thread() -> BlockingThread {
    static THREADS: Semaphore = Semaphore::const_new(256);
    if ON_BLOCKING_THREAD.try_with(|()| ()).is_ok() {
        return BlockingThread::Current;
    }
    BlockingThread::Another(THREADS.acquire().await.expect("it is never closed"))
}

async fn on_blocking_thread(
    thread: BlockingThread,
    run: impl FnOnce() -> Result<Reply, Fault> + Send + 'static,
) -> Result<Reply, Fault> {
    let BlockingThread::Another(thread) = thread else { return run() };
    let (inherited, span) = (Inherited::current(), tracing::Span::current());
    let lock = held();
    let run = move || {
        // Until the method ends, also when nobody waits for it any more.
        let (_thread, _lock) = (thread, lock);
        span.in_scope(|| inherited.scope_blocking(run))
    };
    let running = Running(tokio::task::spawn_blocking(run));
    match running.await {
        Ok(reply) => reply,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Fault::new(FaultCode::ShuttingDown, "the server's runtime is stopping")),
        },
    }
}

/// A method on a blocking thread. Dropped before it has started, it does not start; later it runs on, and its
/// result is discarded.
struct Running<T>(JoinHandle<T>);

impl<T> Future for Running<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Answers a call that names none of the service's methods.
pub fn unknown_method(call: IncomingCall) -> ServeFuture {
    let message = format!("the service has no method {:?}", call.method().full_name);
    Box::pin(std::future::ready(Err(Fault::new(FaultCode::UnknownMethod, message))))
}

/// A call whose request was decoded.
struct Opened<R> {
    request: R,
    context: Context,
    reply: ReplyEncoder,
}

fn open<R: Request>(call: IncomingCall) -> Result<Opened<R>, Fault> {
    let IncomingCall { context, codec, body, is_ours, in_dialect, secrets, origin, .. } = call;
    refuse_expired(&context)?;
    let request: R = read(body, Encoded { context: &context, codec: &codec, is_ours, secrets: &secrets })?;
    check_partition(&request, origin)?;
    match request.validate() {
        Ok(()) => {
            // The stored reply of a deduplicated call is sent to calls with other correlation ids.
            let is_deduplicated = const { matches!(R::METHOD.repetition, Repetition::Deduplicated) };
            let id = if is_deduplicated { context.message_id() } else { context.correlation_id() };
            let scope = secrets.of_reply(R::METHOD.full_name, id);
            Ok(Opened { request, context, reply: ReplyEncoder { codec, scope, in_dialect } })
        }
        Err(violations) => Err(Fault::of_violations(FaultCode::BadRequest, violations)),
    }
}

/// Checks the deadline as late as possible: layers may have waited.
pub(crate) fn refuse_expired(context: &Context) -> Result<(), Fault> {
    if context.remaining().is_some_and(|remaining| remaining.is_zero()) {
        return Err(Fault::expired());
    }
    Ok(())
}

/// Writes the reply as its request was written.
struct ReplyEncoder {
    codec: AnyCodec,
    scope: MessageScope,
    /// The text of an error is sent as well.
    in_dialect: bool,
}

impl ReplyEncoder {
    fn encode<R: Request>(&self, returned: Result<R::Response, R::Error>) -> Result<Reply, Fault> {
        let Self { codec, scope, in_dialect } = self;
        if let Ok(response) = &returned
            && let Err(violations) = response.validate()
        {
            return Err(Fault::of_violations(FaultCode::InvalidResult, violations));
        }
        if let Ok(response) = &returned
            && let Some(body) = response.to_raw()
        {
            return Ok(Reply::bytes(body));
        }
        let (kind, body) = match &returned {
            Ok(response) => (ReplyKind::Result, scope.run(|| codec.encode(response))),
            Err(error) => (ReplyKind::Error, scope.run(|| codec.encode(error))),
        };
        let (codec, body) = match (&returned, body) {
            // The dialect may need no more of it than its text, which the codec has not to write.
            (Err(error), Err(_)) if *in_dialect => {
                (&AnyCodec::JSON, scope.run(|| AnyCodec::JSON.encode(error)))
            }
            (_, body) => (codec, body),
        };
        match body {
            Ok(body) => {
                let error = returned.as_ref().err().filter(|_| *in_dialect);
                let error_text = error.and_then(R::error_text).map(String::into_boxed_str);
                Ok(Reply { error_text, ..Reply::new(kind, codec.content_type(), body) })
            }
            Err(error) => Err(Fault::new(FaultCode::UnencodableReply, error.to_string())),
        }
    }
}
