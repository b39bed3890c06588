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
mod tests {
    use super::*;

    fn v6(number: u32) -> IpAddr {
        Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) | (u128::from(number) << 64) | 1).into()
    }

    #[test]
    fn an_address_has_a_burst_then_one_at_a_time() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let address = IpAddr::from([192, 0, 2, 1]);
        for _ in 0..BURST {
            assert_eq!(throttle.failed(address, now).retry_after, None);
        }
        assert_eq!(throttle.failed(address, now).retry_after, Some(EVERY));
        assert_eq!(throttle.blocked(address, now), Some(EVERY));
        assert_eq!(throttle.blocked(address, now + EVERY), None);
        assert_eq!(throttle.blocked([192, 0, 2, 2].into(), now), None);
        assert_eq!(throttle.failed(address, now + EVERY / 2).retry_after, Some(EVERY / 2));
        assert_eq!(throttle.failed(address, now + EVERY).retry_after, None);
        assert_eq!(throttle.failed([192, 0, 2, 2].into(), now).retry_after, None, "another address is not to blame");
    }

    #[test]
    fn an_ipv6_network_is_one_sender() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for host in 0..u64::from(BURST) {
            let address = Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) | u128::from(host));
            assert_eq!(throttle.failed(address.into(), now).retry_after, None);
        }
        assert!(throttle.failed("2001:db8::ffff".parse().unwrap(), now).retry_after.is_some());
        assert!(throttle.failed("2001:db8:0:1::1".parse().unwrap(), now).retry_after.is_none());
    }

    #[test]
    fn memory_is_bounded_and_swept() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let size = || throttle.0.lock().by_network.len();
        for number in 0..50_000 {
            throttle.failed(v6(number), now);
        }
        assert_eq!(size(), ADDRESSES);
        assert!(throttle.failed(v6(60_000), now).retry_after.is_some(), "newcomers share a count");
        assert_eq!(throttle.failed(v6(1), now).retry_after, None, "those known before do not");
        throttle.failed(v6(70_000), now + EVERY * BURST);
        assert_eq!(size(), 1);
    }

    #[test]
    fn the_log_is_not_flooded_and_tells_how_many() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let logged: Vec<_> = (0..100).filter_map(|number| throttle.failed(v6(number), now).log).collect();
        assert_eq!(logged, [1; BURST as usize]);
        assert_eq!(throttle.failed(v6(0), now + EVERY).log, Some(91));
    }
}
