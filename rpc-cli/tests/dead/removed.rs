//! `dead drop` takes out what was named, and nothing else.

use super::jobs::{JobsBroker, job};

#[tokio::test]
async fn nothing_is_dropped_that_was_not_agreed_to() {
    let jobs = JobsBroker::with_dead(2).await;
    // stdin is no terminal.
    let ran = jobs.program(&["dead", "drop", "jobs", "--all"]).run("y\n").await;
    ran.failed(1, &["nothing was dropped", "--yes"]);
    jobs.run(&["dead", "drop", "jobs", "--yes"]).await.failed(1, &["--all"]);
    jobs.until_dead(2).await;
}

#[tokio::test]
async fn letters_are_dropped_by_id_or_all() {
    let jobs = JobsBroker::with_dead(3).await;
    let ids = jobs.ids().await;
    let ran = jobs.run(&["dead", "drop", "jobs", "--id", &ids[1], "--yes"]).await.succeeded().json();
    assert_eq!(ran["dropped"], 1);
    jobs.until_dead(2).await;
    assert_eq!(jobs.dead().await, [job(0), job(2)]);
    let ran = jobs.run(&["dead", "drop", "jobs", "--all", "--yes"]).await.succeeded().json();
    assert_eq!(ran["dropped"], 2);
    jobs.until_dead(0).await;
}
