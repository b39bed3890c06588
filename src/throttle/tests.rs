//! Who comes too often waits, and nobody else does.

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
