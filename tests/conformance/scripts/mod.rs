//! The scripts, by what they are about.

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

mod queues;
