//! Reading and writing of byte streams. The workspace leaves tokio's `io-util` feature out, and this is all
//! that tests need of it.

use std::{future::poll_fn, io, pin::Pin};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Appends what is there to `bytes`, waiting for at least one byte; returns how many, 0 at the end.
pub(crate) async fn read_some<R: AsyncRead + Unpin>(from: &mut R, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let mut chunk = [0; 16 * 1024];
    let mut buffer = ReadBuf::new(&mut chunk);
    poll_fn(|cx| Pin::new(&mut *from).poll_read(cx, &mut buffer)).await?;
    bytes.extend_from_slice(buffer.filled());
    Ok(buffer.filled().len())
}

/// Appends everything up to the end to `bytes`.
pub(crate) async fn read_to_end<R: AsyncRead + Unpin>(from: &mut R, bytes: &mut Vec<u8>) -> io::Result<()> {
    while read_some(from, bytes).await? > 0 {}
    Ok(())
}

pub(crate) async fn write_all<W: AsyncWrite + Unpin>(to: &mut W, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match poll_fn(|cx| Pin::new(&mut *to).poll_write(cx, bytes)).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => bytes = &bytes[written..],
        }
    }
    Ok(())
}

/// Tells the other side that nothing more comes.
pub(crate) async fn shutdown<W: AsyncWrite + Unpin>(to: &mut W) -> io::Result<()> {
    poll_fn(|cx| Pin::new(&mut *to).poll_shutdown(cx)).await
}
