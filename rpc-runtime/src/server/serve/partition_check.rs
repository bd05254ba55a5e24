//! Checks that a request came through the partition of its key.

use crate::{
    contract::Request,
    message::{CallOrigin, Fault, FaultCode, Partition, cluster_lock},
    wire::{namespace::Namespace, partition::partition_key},
};

/// Checks it for a method that is locked in a cluster. The lock is the partition's consumer: a request from anywhere
/// else would run without it.
///
/// # Errors
/// The fault to reply with, which names the routing key to use. Servers and clients that differ in the number of
/// partitions are told apart by it.
pub(super) fn check_partition<R: Request>(request: &R, origin: CallOrigin) -> Result<(), Fault> {
    let Some(lock) = cluster_lock(R::METHOD) else { return Ok(()) };
    let expected = Partition::of_key(&request.lock_key().unwrap_or_default(), lock.partitions);
    let came_by = match origin {
        CallOrigin::InProcess => return Ok(()),
        CallOrigin::Partition(partition) if partition == expected => return Ok(()),
        CallOrigin::Partition(partition) => format!("came through partition {partition}"),
        CallOrigin::Queue => "came without a partition".to_owned(),
    };
    let (method, key) = (R::METHOD.full_name, partition_key(R::METHOD, expected, &Namespace::default()));
    let message = format!(
        "`{method}` is locked across processes: its request {came_by}, and belongs to {expected}; the routing key is `{key}` (docs/wire-protocol.md)"
    );
    Err(Fault::new(FaultCode::BadRequest, message))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::contract::{LockDef, MethodDef, NoError, NoReply};

    #[derive(Serialize, Deserialize)]
    struct Stop(String);

    impl Request for Stop {
        const METHOD: &'static MethodDef =
            &MethodDef::new("clusters", "clusters.stop").lock(LockDef::new("clusters").cluster(16));
        type Response = NoReply;
        type Error = NoError;

        fn lock_key(&self) -> Option<Cow<'_, str>> {
            Some(Cow::Borrowed(&self.0))
        }
    }

    fn refusal(origin: CallOrigin) -> Option<String> {
        check_partition(&Stop("7".into()), origin).err().map(|fault| fault.message().to_owned())
    }

    #[test]
    fn a_request_from_its_partition_or_from_this_process_passes() {
        assert_eq!(refusal(CallOrigin::InProcess), None);
        assert_eq!(refusal(CallOrigin::Partition(Partition::of_key("7", 16))), None);
    }

    #[test]
    fn a_request_from_elsewhere_is_told_its_routing_key() {
        let of_eight = Partition::all(8).nth(2).unwrap();
        for (origin, came_by) in [
            (CallOrigin::Queue, "came without a partition"),
            (CallOrigin::Partition(of_eight), "came through partition 2-of-8"),
        ] {
            let refusal = refusal(origin).unwrap();
            assert!(refusal.contains(came_by), "{refusal}");
            assert!(refusal.contains("the routing key is `clusters.stop.2-of-16`"), "{refusal}");
        }
    }
}
