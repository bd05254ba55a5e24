//! Runs tests under many thread schedules, with shuttle.

/// Runs `test` under random schedules, and under as many that delay single threads for long.
/// `AMQP_RPC_SCHEDULES` is the number of each, 2000 by default.
pub(crate) fn check(test: impl Fn() + Send + Sync + Clone + 'static) {
    /// The number of preemptions at the worst moments that a bug may need.
    const DEPTH: usize = 3;
    let schedules = std::env::var("AMQP_RPC_SCHEDULES");
    let schedules = schedules.map_or(2000, |number| number.parse().expect("AMQP_RPC_SCHEDULES is a number"));
    shuttle::check_random(test.clone(), schedules);
    shuttle::check_pct(test, schedules, DEPTH);
}
