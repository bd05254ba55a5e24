//! Reads the fields of a frame, one after the other.

use amqp_rpc_bench_harness::Failure;

pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Failure> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or("a frame ends within a field")?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Failure> {
        Ok(u16::from_be_bytes(self.bytes(2)?.try_into()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Failure> {
        Ok(u32::from_be_bytes(self.bytes(4)?.try_into()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Failure> {
        Ok(u64::from_be_bytes(self.bytes(8)?.try_into()?))
    }

    pub(crate) fn short(&mut self) -> Result<&'a [u8], Failure> {
        let length = usize::from(self.bytes(1)?[0]);
        self.bytes(length)
    }
}
