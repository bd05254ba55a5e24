//! Passwords, payloads and secrets stay out of logs and errors. A separate program, because it records all that its
//! process logs.

mod error_texts;
mod exported;
mod log_recorder;
mod passwords;
mod planted;

use std::{collections::BTreeSet, sync::LazyLock, time::Duration};

use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt};

use self::{
    exported::Exported,
    log_recorder::LogRecorder,
    passwords::{MARKER, use_passwords},
    planted::{PLANTED, use_secrets},
};

/// The filter that docs/tls.md and the crate's documentation recommend.
const RECOMMENDED: &str = "trace,lapin=debug";
const TIMEOUT: Duration = Duration::from_secs(20);

/// What the process records. Its tests run at the same time, so each has a text of its own.
struct Recorders {
    everything: LogRecorder,
    recommended: LogRecorder,
    planted: LogRecorder,
    exported: Exported,
}

static RECORDERS: LazyLock<Recorders> = LazyLock::new(|| {
    let (everything, recommended) = (LogRecorder::of(MARKER), LogRecorder::of(MARKER));
    let (planted, exported) = (LogRecorder::of(PLANTED), Exported::default());
    let subscriber = tracing_subscriber::registry()
        .with(exported.layer())
        .with(everything.clone())
        .with(planted.clone())
        .with(recommended.clone().with_filter(EnvFilter::new(RECOMMENDED)));
    tracing::subscriber::set_global_default(subscriber).expect("nothing else sets it in this process");
    Recorders { everything, recommended, planted, exported }
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_and_payloads_are_in_no_error_and_no_log_line_except_lapin_trace() {
    let Recorders { everything, recommended, .. } = &*RECORDERS;
    for said in use_passwords().await {
        assert!(!said.contains(MARKER), "{said}");
    }

    let leaks = everything.leaks();
    let unexpected: Vec<_> =
        leaks.iter().filter(|it| it.level != "TRACE" || !it.target.starts_with("lapin")).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    // Shows that the recorders work.
    let places: BTreeSet<_> = leaks.iter().map(|it| (it.target.as_str(), it.level.as_str())).collect();
    let known = ["lapin::internal_rpc", "lapin::io_loop"].map(|target| (target, "TRACE"));
    assert_eq!(places, BTreeSet::from(known), "{leaks:#?}");
    assert!(recommended.recorded() > 0);
    assert!(recommended.leaks().is_empty(), "{:#?}", recommended.leaks());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_in_no_error_log_line_span_panic_or_frame() {
    let Recorders { planted, exported, .. } = &*RECORDERS;
    for said in use_secrets(exported).await {
        assert!(!said.contains(PLANTED), "{said}");
    }
    assert!(planted.leaks().is_empty(), "{:#?}", planted.leaks());
    // Shows that the recorder works.
    tracing::info!(value = PLANTED, "what a program logs itself");
    assert_eq!(planted.leaks().len(), 1);
}
