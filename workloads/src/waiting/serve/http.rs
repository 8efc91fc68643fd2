//! HTTP/1.1 by hyper over tokio's sockets: one connection served, one connection used. Nothing about how many.

use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::service::service_fn;
use hyper::{Request, Response};
use std::future::poll_fn;
use std::io::{Error, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The body of the reply to request `number`, of fixed length.
pub(super) fn body(number: u64) -> String {
    format!("{number:016x}")
}

/// tokio's socket with hyper's own traits of reading and writing.
struct Io(TcpStream);

impl Read for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<Result<()>> {
        let mut piece = [0u8; 2048];
        let most = buffer.remaining().min(piece.len());
        let mut read = ReadBuf::new(&mut piece[..most]);
        ready!(Pin::new(&mut self.0).poll_read(context, &mut read))?;
        buffer.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl Write for Io {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// Answers every request on one connection until the other side closes it.
pub(super) async fn serve(stream: TcpStream, wait: Duration) {
    let answer = service_fn(move |request: Request<Incoming>| async move {
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let number = request.uri().path().trim_start_matches('/').parse().unwrap_or(u64::MAX);
        Ok::<_, Error>(Response::new(body(number)))
    });
    // The client closes by reset, which is an error to hyper and none to us; the client checks what it got.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(Io(stream), answer).await;
}

/// The client's end of one connection.
pub(super) struct Sender {
    requests: SendRequest<String>,
    connection: tokio::task::JoinHandle<()>,
}

impl Sender {
    pub(super) async fn new(stream: TcpStream) -> Result<Sender> {
        let (requests, connection) = hyper::client::conn::http1::handshake(Io(stream)).await.map_err(Error::other)?;
        let connection = tokio::task::spawn_local(async move {
            let _ = connection.await;
        });
        Ok(Sender { requests, connection })
    }

    pub(super) async fn get(&mut self, number: u64) -> Result<Vec<u8>> {
        let request = Request::get(format!("/{number}")).header("host", "localhost").body(String::new());
        self.requests.ready().await.map_err(Error::other)?;
        let request = request.map_err(Error::other)?;
        let mut response = self.requests.send_request(request).await.map_err(Error::other)?;
        let mut bytes = Vec::with_capacity(16);
        while let Some(frame) = poll_fn(|context| Pin::new(response.body_mut()).poll_frame(context)).await {
            if let Ok(data) = frame.map_err(Error::other)?.into_data() {
                bytes.extend_from_slice(&data);
            }
        }
        Ok(bytes)
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.connection.abort();
    }
}
