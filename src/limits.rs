//! How long, and how many: what one client may take from the others.

use std::time::Duration;

/// Limits of connections. They are not settings; tests shorten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections served at once. More wait in the system's queue, and are not refused.
    /// It leaves room for files below the usual 1,024 descriptors of a process.
    pub connections: usize,
    /// How long a client may keep a connection waiting, while others wait for its place.
    pub grace: Duration,
    /// How long a new connection may take to its first byte (with TLS: for its handshake, too), and any request
    /// from the first byte of its head to the last.
    pub head: Duration,
    /// How long a connection may stay idle between two requests: longer than load balancers keep theirs, so that
    /// they close first, and no delivery meets a connection that is being closed.
    pub idle: Duration,
    /// How long a body may take to arrive.
    pub body: Duration,
    /// How long, after the listening socket was closed, a silent connection may still send its request.
    pub quiet: Duration,
    /// How long requests in flight may take after that.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            grace: Duration::from_secs(1),
            head: Duration::from_secs(15),
            idle: Duration::from_secs(620),
            body: Duration::from_secs(30),
            quiet: Duration::from_secs(1),
            drain: Duration::from_secs(5),
        }
    }
}
