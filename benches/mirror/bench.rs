//! What measurements share.

use std::path::PathBuf;

use crate::cluster::Cluster;
use crate::report::Report;

pub(crate) struct Bench<'c> {
    pub(crate) cluster: &'c Cluster,
    /// Bookings of a closed loop.
    pub(crate) bookings: u32,
    /// A Python that has what `benches/flask` needs.
    pub(crate) python: Option<PathBuf>,
    pub(crate) report: Report,
}
