//! Which acknowledgements a write holds, and where.

use amq_protocol::{
    frame::AMQPFrame,
    protocol::{AMQPClass, basic},
};

use super::{close, opened, publish, take};
use crate::{
    encode::{write_ack, write_reject},
    test_frames::frames_in,
};

/// The tags that are acknowledged or rejected, `+` for all before as well, and `m` for a message.
fn settled_in(bytes: &[u8]) -> Vec<String> {
    let of = |frame| match frame {
        AMQPFrame::Method(_, AMQPClass::Basic(method)) => match method {
            basic::AMQPMethod::Ack(ack) => {
                Some(format!("{}{}", ack.delivery_tag, if ack.multiple { "+" } else { "" }))
            }
            basic::AMQPMethod::Reject(reject) => Some(format!("!{}", reject.delivery_tag)),
            basic::AMQPMethod::Publish(_) => Some("m".into()),
            other => Some(format!("{other:?}")),
        },
        AMQPFrame::Method(_, AMQPClass::Channel(_)) => Some("closed".into()),
        _ => None,
    };
    frames_in(bytes).into_iter().filter_map(of).collect()
}

#[test]
fn what_is_acknowledged_shares_a_frame_behind_all_messages_of_its_write() {
    let outbound = opened();
    for tag in [2, 1, 4, 3] {
        publish(&outbound, 1, b"reply", None).expect("it is open");
        outbound.ack(1, tag).expect("it is open");
    }
    outbound.ack(2, 1).expect("tags are those of a channel");
    assert!(outbound.unwritten() > 0);
    assert_eq!(settled_in(&take(&outbound)), ["m", "m", "m", "m", "4+", "1"]);
    assert_eq!(outbound.unwritten(), 0);
    outbound.ack(1, 5).expect("it is open");
    assert_ne!(outbound.unwritten(), 0, "it waits to be written alone as well");
    assert_eq!(settled_in(&take(&outbound)), ["5"]);
}

#[test]
fn what_is_settled_in_its_own_frame_is_not_acknowledged_again() {
    let outbound = opened();
    outbound.ack(1, 1).expect("it is open");
    outbound.settle(1, 2, |out| write_reject(out, 1, 2, false)).expect("it is open");
    publish(&outbound, 1, b"after", None).expect("it is open");
    outbound.ack(1, 3).expect("it is open");
    assert_eq!(settled_in(&take(&outbound)), ["!2", "m", "3+"]);
    outbound.settle(1, 4, |out| write_ack(out, 1, 4, false)).expect("it is open");
    outbound.ack(1, 6).expect("it is open");
    assert_eq!(settled_in(&take(&outbound)), ["4", "6"], "the fifth is not acknowledged with the sixth");
}

#[test]
fn acknowledgements_precede_the_close_of_their_channel() {
    let outbound = opened();
    outbound.ack(1, 1).expect("it is open");
    outbound.write_for_lapin(&close(1)).expect("it is written");
    assert_eq!(settled_in(&take(&outbound)), ["1", "closed"]);
}

#[test]
fn acknowledgements_end_with_their_channel() {
    let outbound = opened();
    outbound.ack(1, 1).expect("it is open");
    outbound.close(1);
    assert_eq!(take(&outbound), [0; 0], "the broker has closed it");
    outbound.ack(2, 1).expect("it is open");
    outbound.ack(2, 2).expect("it is open");
    assert!(!outbound.cross_close(2), "lapin has not closed it yet");
    assert_eq!(settled_in(&take(&outbound)), ["closed"]);
    // Tags count from one again.
    outbound.open(2);
    outbound.ack(2, 1).expect("it is open");
    assert_eq!(settled_in(&take(&outbound)), ["1"]);
}
