//! Connections: how many there may be, how long a client may leave its replies unread, and an end that loses no reply.
//!
//! Must not know what travels over them.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::extract::connect_info::Connected;
use axum_server::{AddrListener, Address};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep},
};
use tracing::warn;

/// How long a closing connection is listened to while nothing comes.
const QUIET: Duration = Duration::from_secs(2);
/// How long it is listened to at all.
const LINGER: Duration = Duration::from_secs(30);

/// How many connections there are, and may be.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    free: Arc<Semaphore>,
    most: usize,
}

impl Connections {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(most)),
            most,
        }
    }

    /// How many are open.
    pub(crate) fn open(&self) -> usize {
        self.most.saturating_sub(self.free.available_permits())
    }
}

/// The other end of a connection, and the connections that it is one of.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Connections,
    write_timeout: Duration,
}

impl Connected<Self> for Peer {
    fn connect_info(peer: Self) -> Self {
        peer
    }
}

impl Address for Peer {
    type Stream = Connection<TcpStream>;
    type Listener = Listener;
}

/// Accepts no more connections than there may be. Further ones wait in the system's queue until one ends.
#[derive(Debug)]
pub(crate) struct Listener {
    tcp: TcpListener,
    connections: Connections,
    write_timeout: Duration,
    full: AtomicBool,
}

impl Listener {
    pub(crate) fn new(tcp: TcpListener, most: usize, write_timeout: Duration) -> Self {
        Self {
            tcp,
            connections: Connections::new(most),
            write_timeout,
            full: AtomicBool::new(false),
        }
    }

    fn peer(&self, address: SocketAddr) -> Peer {
        Peer {
            address,
            connections: self.connections.clone(),
            write_timeout: self.write_timeout,
        }
    }

    async fn permit(&self) -> io::Result<OwnedSemaphorePermit> {
        let free = Arc::clone(&self.connections.free);
        if let Ok(permit) = Arc::clone(&free).try_acquire_owned() {
            self.full.store(false, Ordering::Relaxed);
            return Ok(permit);
        }
        if !self.full.swap(true, Ordering::Relaxed) {
            let most = self.connections.most;
            warn!(most, "as many connections as may be: further ones wait");
        }
        free.acquire_owned().await.map_err(io::Error::other)
    }
}

impl AddrListener<Connection<TcpStream>, Peer> for Listener {
    async fn bind_to(peer: Peer) -> io::Result<Self> {
        Ok(Self {
            tcp: TcpListener::bind(peer.address).await?,
            connections: peer.connections,
            write_timeout: peer.write_timeout,
            full: AtomicBool::new(false),
        })
    }

    async fn accept_stream(&self) -> io::Result<(Connection<TcpStream>, Peer)> {
        let (stream, address) = self.tcp.accept().await?;
        let permit = self.permit().await?;
        // `100 Continue` and the reply are written one after the other, and neither has to wait for the other's receipt.
        stream.set_nodelay(true)?;
        let connection = Connection::new(stream, self.write_timeout, permit);
        Ok((connection, self.peer(address)))
    }

    fn get_local_addr(&self) -> io::Result<Peer> {
        Ok(self.peer(self.tcp.local_addr()?))
    }
}

/// A stream that fails when the client does not read, and that ends by listening for a while.
///
/// To close a socket in which something unread has arrived makes the system send a reset, and at the client a reset
/// takes away the reply that was sent before it. So the end of what is sent is said first; then what comes is read and
/// thrown away until the client closes as well, for [`LINGER`] at most.
#[derive(Debug)]
pub(crate) struct Connection<S> {
    stream: S,
    write_timeout: Duration,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    end: Option<End>,
    _permit: OwnedSemaphorePermit,
}

/// Nothing more is sent.
#[derive(Debug)]
struct End {
    quiet: Pin<Box<Sleep>>,
    latest: Pin<Box<Sleep>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    fn new(stream: S, write_timeout: Duration, permit: OwnedSemaphorePermit) -> Self {
        Self {
            stream,
            write_timeout,
            stalled: None,
            end: None,
            _permit: permit,
        }
    }

    /// The outcome of a write, or an error if none has succeeded for too long.
    fn within_time<T>(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        let timeout = self.write_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(timeout)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the client reads nothing",
        )))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.within_time(context, outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.within_time(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.stream).poll_flush(context);
        this.within_time(context, outcome)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.end.is_none() {
            let outcome = Pin::new(&mut this.stream).poll_shutdown(context);
            ready!(this.within_time(context, outcome))?;
        }
        let end = this.end.get_or_insert_with(|| End {
            quiet: Box::pin(sleep(QUIET)),
            latest: Box::pin(sleep(LINGER)),
        });
        if end.latest.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut scratch = [0; 8192];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut this.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    end.quiet.set(sleep(QUIET));
                }
                // The client has closed, or is gone.
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => return end.quiet.as_mut().poll(context).map(Ok),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::time::Instant;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(7);

    fn pair(connections: &Connections) -> (Connection<DuplexStream>, DuplexStream) {
        let (ours, theirs) = duplex(16);
        let permit = Arc::clone(&connections.free).try_acquire_owned().unwrap();
        (Connection::new(ours, PATIENCE, permit), theirs)
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_reads_is_given_up() {
        let (mut ours, _theirs) = pair(&Connections::new(1));
        let begin = Instant::now();
        let error = ours.write_all(&[0; 17]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(begin.elapsed(), PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_slowly_is_not() {
        let (mut ours, mut theirs) = pair(&Connections::new(1));
        let reader = tokio::spawn(async move {
            let mut piece = [0; 16];
            for _ in 0..10 {
                sleep(Duration::from_secs(6)).await;
                theirs.read_exact(&mut piece).await.unwrap();
            }
        });
        let begin = Instant::now();
        ours.write_all(&[0; 160]).await.unwrap();
        assert_eq!(begin.elapsed(), Duration::from_secs(9 * 6));
        reader.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_waits_for_a_client_that_still_sends() {
        let (mut ours, mut theirs) = pair(&Connections::new(1));
        let client = tokio::spawn(async move {
            let mut end = [0; 1];
            assert_eq!(theirs.read(&mut end).await.unwrap(), 0, "is told at once");
            for _ in 0..5 {
                theirs.write_all(&[0; 100]).await.unwrap();
                sleep(Duration::from_secs(1)).await;
            }
        });
        let begin = Instant::now();
        ours.shutdown().await.unwrap();
        assert_eq!(begin.elapsed(), Duration::from_secs(5));
        client.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_does_not_wait_for_ever() {
        let (mut ours, _silent) = pair(&Connections::new(1));
        let begin = Instant::now();
        ours.shutdown().await.unwrap();
        assert_eq!(begin.elapsed(), QUIET);

        let (mut ours, mut theirs) = pair(&Connections::new(1));
        let endless = tokio::spawn(async move {
            while theirs.write_all(&[0]).await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        });
        let begin = Instant::now();
        ours.shutdown().await.unwrap();
        assert_eq!(begin.elapsed(), LINGER);
        drop(ours);
        endless.await.unwrap();
    }

    #[tokio::test]
    async fn connections_are_counted_while_they_are_open() {
        let connections = Connections::new(2);
        let (first, second) = (pair(&connections), pair(&connections));
        assert_eq!(connections.open(), 2);
        drop(first);
        assert_eq!(connections.open(), 1);
        drop(second);
        assert_eq!(connections.open(), 0);
    }
}
