::core::compile_error! {
    "`Fib` must not be generic: client and server are separate programs and must agree on every type"
}
pub trait Fib<T> {
    #[allow(async_fn_in_trait, dead_code)]
    async fn compute(&self, n: T) -> T;
}
