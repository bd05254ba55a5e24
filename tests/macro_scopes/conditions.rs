//! Services and methods under conditions.

use amqp_rpc::__private::Service;

/// Only methods whose `#[cfg]` holds are generated, and alternatives may share a name.
mod conditional_methods {
    #[amqp_rpc::rpc_service]
    #[allow(clippy::non_minimal_cfg)]
    pub(super) trait Conditional {
        async fn always(&self);
        #[cfg(any())]
        async fn never(&self, nothing: DoesNotExist) -> DoesNotExist;
        #[cfg(all())]
        async fn either(&self, a: u8) -> u8;
        #[cfg(any())]
        async fn either(&self, a: u16) -> u16;
        #[cfg_attr(all(), cfg(all()), doc = "Documented.")]
        async fn inside(&self);
        #[cfg_attr(all(), cfg_attr(all(), cfg(any())))]
        async fn never_inside(&self, nothing: DoesNotExist);
        #[cfg_attr(all(), allow(dead_code), cfg(any()))]
        async fn inside(&self, nothing: DoesNotExist);
    }

    impl Conditional for () {
        async fn always(&self) {}
        async fn inside(&self) {}
        async fn either(&self, a: u8) -> u8 {
            a
        }
    }
}

/// The whole service under `#[cfg]`, on either side of the attribute.
mod conditional_services {
    #[amqp_rpc::rpc_service]
    #[cfg(any())]
    pub trait Below {
        async fn never(&self, nothing: DoesNotExist);
    }

    #[amqp_rpc::rpc_service]
    #[cfg_attr(all(), cfg(any()))]
    pub trait Inside {
        async fn never(&self, nothing: DoesNotExist);
    }

    #[cfg(any())]
    #[amqp_rpc::rpc_service]
    pub trait Above {
        async fn never(&self, nothing: DoesNotExist);
    }
}

#[test]
fn conditional_methods_are_served_only_if_they_exist() {
    type Served = conditional_methods::ConditionalServer<()>;
    let names: Vec<_> = Served::DEFINITION.methods.iter().map(|method| method.full_name).collect();
    assert_eq!(names, ["conditional.always", "conditional.either", "conditional.inside"]);
}
