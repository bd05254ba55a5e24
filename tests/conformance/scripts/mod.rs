//! The scripts, by subject.

/// Makes a test of each script; its golden transcript is `golden/<module>/<name>.txt`.
macro_rules! scripts {
    ($($name:ident = $script:literal;)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                let module = module_path!().rsplit("::").next().expect("a path has a last part");
                $crate::golden::check(&format!("{module}/{}", stringify!($name)), $script).await;
            }
        )+
    };
}

mod acknowledging;
mod arguments;
mod channels;
mod confirms;
mod consuming;
mod dead_lettering;
mod exchanges;
mod exclusive;
mod expiring;
mod getting;
mod handshake;
mod limits;
mod malformed;
mod permissions;
mod prefetch;
mod publishing;
mod queues;
mod quorum;
mod reply_to;
mod requeueing;
mod routing;
