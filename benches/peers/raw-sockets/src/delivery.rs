//! Deliveries, put together from their frames.

use amqp_rpc_bench_harness::Failure;

use crate::{
    encode::{BODY, CORRELATION_ID, HEADER, METHOD, REPLY_TO},
    fields::Fields,
};

const DELIVER: (u16, u16) = (60, 60);
/// Only our own messages come here, and the harness sends none that is larger.
const LARGEST_BODY: u64 = 32 << 20;

/// A message that the broker delivered.
#[derive(Default)]
pub(crate) struct Delivery {
    pub(crate) tag: u64,
    pub(crate) correlation_id: Vec<u8>,
    pub(crate) reply_to: Vec<u8>,
    pub(crate) body: Vec<u8>,
    size: usize,
}

impl Delivery {
    /// Takes in one frame; whether the message is complete.
    pub(crate) fn add(&mut self, kind: u8, payload: &[u8]) -> Result<bool, Failure> {
        let mut fields = Fields(payload);
        match kind {
            METHOD => {
                match (fields.u16()?, fields.u16()?) {
                    DELIVER => {}
                    other => return Err(format!("an unexpected method {other:?}").into()),
                }
                fields.short()?;
                self.tag = fields.u64()?;
                Ok(false)
            }
            HEADER => {
                self.read_header(&mut fields)?;
                Ok(self.size == 0)
            }
            BODY => {
                self.body.extend_from_slice(payload);
                Ok(self.body.len() >= self.size)
            }
            other => Err(format!("an unexpected frame of type {other}").into()),
        }
    }

    fn read_header(&mut self, fields: &mut Fields<'_>) -> Result<(), Failure> {
        fields.bytes(4)?;
        let size = fields.u64()?;
        if size > LARGEST_BODY {
            return Err(format!("a body of {size} bytes").into());
        }
        self.size = usize::try_from(size)?;
        self.body.clear();
        self.reply_to.clear();
        self.correlation_id.clear();
        let flags = fields.u16()?;
        if flags & !(CORRELATION_ID | REPLY_TO) != 0 {
            return Err(format!("properties that were never sent: {flags:#b}").into());
        }
        if flags & CORRELATION_ID != 0 {
            self.correlation_id.extend_from_slice(fields.short()?);
        }
        if flags & REPLY_TO != 0 {
            self.reply_to.extend_from_slice(fields.short()?);
        }
        Ok(())
    }
}
