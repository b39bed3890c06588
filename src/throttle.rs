//! Failed logins, counted by address: a guesser is slowed down, and cannot fill the log.
//!
//! It decides only how a wrong credential is answered; a right one never gets here.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Failures that an address has at once.
const BURST: u32 = 10;
/// It gets another one in this time.
const EVERY: Duration = Duration::from_secs(6);
/// Addresses that are told apart; the rest share one count, so that memory is bounded.
const ADDRESSES: usize = 10_000;

/// Counts failed logins.
#[derive(Default)]
pub struct Throttle(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    by_network: HashMap<IpAddr, Bucket>,
    others: Bucket,
    swept: Option<Instant>,
    log: Bucket,
    unlogged: u64,
}

/// What becomes of a failed login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// How many failures a log line about it stands for; none where it is not worth one.
    pub log: Option<u64>,
    /// When to come back, where the address has failed too often.
    pub retry_after: Option<Duration>,
}

impl Throttle {
    /// When to come back, where the address has failed too often; counts nothing.
    pub fn blocked(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let counts = self.0.lock();
        let bucket = match counts.by_network.get(&network(address)) {
            None if counts.by_network.len() >= ADDRESSES => &counts.others,
            found => found?,
        };
        bucket.wait(now)
    }

    /// Counts a failed login.
    pub fn failed(&self, address: IpAddr, now: Instant) -> Failure {
        let mut counts = self.0.lock();
        let retry_after = counts.bucket(network(address), now).take(now).err();
        counts.unlogged += 1;
        let log = counts.log.take(now).is_ok().then(|| std::mem::take(&mut counts.unlogged));
        Failure { log, retry_after }
    }
}

impl Counts {
    fn bucket(&mut self, network: IpAddr, now: Instant) -> &mut Bucket {
        let is_full = self.by_network.len() >= ADDRESSES;
        if is_full && self.swept.is_none_or(|at| now.saturating_duration_since(at) > EVERY) {
            self.swept = Some(now);
            self.by_network.retain(|_, bucket| bucket.0.is_some_and(|full_at| full_at > now));
        }
        if self.by_network.len() >= ADDRESSES && !self.by_network.contains_key(&network) {
            return &mut self.others;
        }
        self.by_network.entry(network).or_default()
    }
}

/// A leaky bucket (GCRA): when it will be full again, where it is not.
#[derive(Default)]
struct Bucket(Option<Instant>);

impl Bucket {
    /// Takes one, or says in what time there will be one.
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        if let Some(wait) = self.wait(now) {
            return Err(wait);
        }
        self.0 = Some(self.0.map_or(now, |at| at.max(now)) + EVERY);
        Ok(())
    }

    /// In what time there will be one, where there is none now.
    fn wait(&self, now: Instant) -> Option<Duration> {
        let (full_at, earliest) = (self.0?, now + EVERY * (BURST - 1));
        full_at.checked_duration_since(earliest).filter(|wait| !wait.is_zero())
    }
}

/// Whoever has one IPv6 address has the /64 that it is in.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests;
