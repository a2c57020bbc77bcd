//! Slows down guessing: after a few failures, each further one doubles the time for which nothing is taken.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use units::Mono;

/// So many failures cost nothing: people mistype.
const FREE: u32 = 5;
/// The first wait; it doubles from there.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait for an address.
const LONGEST_ADDRESS: Duration = Duration::from_mins(5);
/// The longest wait for a user: shorter, because a stranger can make the owner wait with it.
const LONGEST_USER: Duration = Duration::from_secs(30);
/// Forgotten after this time without a failure.
const FORGET: Duration = Duration::from_mins(30);
/// So many addresses and users are remembered; the one that failed longest ago gives way.
const MAX: usize = 4096;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Address(IpAddr),
    User(String),
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    failures: u32,
    last: Mono,
}

/// Failed sign-ins by address and by user.
#[derive(Debug, Default)]
pub struct Limiter {
    table: Mutex<HashMap<Key, Entry>>,
}

impl Limiter {
    /// How long this address and user still have to wait; `None` if they may try.
    pub fn wait(&self, address: IpAddr, user: &str, now: Mono) -> Option<Duration> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        keys(address, user)
            .iter()
            .filter_map(|key| {
                let entry = table.get(key)?;
                let wait = penalty(key, entry.failures).saturating_sub(now.since(entry.last));
                (!wait.is_zero()).then_some(wait)
            })
            .max()
    }

    /// A sign-in failed. To be called before the password is looked at and taken back with [`Self::succeeded`], so that
    /// many attempts at once count as many.
    pub fn failed(&self, address: IpAddr, user: &str, now: Mono) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys(address, user) {
            if table.len() >= MAX && !table.contains_key(&key) {
                table.retain(|_, entry| now.since(entry.last) < FORGET);
                if table.len() >= MAX
                    && let Some(oldest) = table.iter().min_by_key(|(_, e)| e.last).map(|(key, _)| key.clone())
                {
                    table.remove(&oldest);
                }
            }
            let entry = table.entry(key).or_insert(Entry { failures: 0, last: now });
            if now.since(entry.last) >= FORGET {
                entry.failures = 0;
            }
            entry.failures = entry.failures.saturating_add(1);
            entry.last = now;
        }
    }

    /// A sign-in succeeded: both start afresh.
    pub fn succeeded(&self, address: IpAddr, user: &str) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys(address, user) {
            table.remove(&key);
        }
    }
}

fn penalty(key: &Key, failures: u32) -> Duration {
    let longest = match key {
        Key::Address(_) => LONGEST_ADDRESS,
        Key::User(_) => LONGEST_USER,
    };
    match failures.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(extra) => FIRST.saturating_mul(2_u32.saturating_pow(extra)).min(longest),
    }
}

/// One household has one IPv6 network of 64 bits, so that is what counts as an address.
fn keys(address: IpAddr, user: &str) -> [Key; 2] {
    let address = match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
    };
    [Key::Address(address), Key::User(user.chars().take(crate::users::MAX_NAME).collect())]
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn at(seconds: u64) -> Mono {
        Mono::from_millis(seconds * 1_000)
    }

    #[test]
    fn the_wait_doubles_and_is_bounded() {
        let limiter = Limiter::default();
        for _ in 0..FREE - 1 {
            limiter.failed(HERE, "eva", at(0));
        }
        assert_eq!(limiter.wait(HERE, "eva", at(0)), None);
        limiter.failed(HERE, "eva", at(0));
        assert_eq!(limiter.wait(HERE, "eva", at(0)), Some(Duration::from_secs(1)));
        assert_eq!(limiter.wait(HERE, "eva", at(1)), None);
        limiter.failed(HERE, "eva", at(1));
        assert_eq!(limiter.wait(HERE, "eva", at(1)), Some(Duration::from_secs(2)));
        for _ in 0..100 {
            limiter.failed(HERE, "eva", at(1));
        }
        assert_eq!(limiter.wait(HERE, "other", at(1)), Some(LONGEST_ADDRESS), "the address");
        let elsewhere = "192.0.2.1".parse().unwrap();
        assert_eq!(limiter.wait(elsewhere, "eva", at(1)), Some(LONGEST_USER), "the user");
        assert_eq!(limiter.wait(elsewhere, "other", at(1)), None);
    }

    #[test]
    fn success_and_time_forgive() {
        let limiter = Limiter::default();
        for _ in 0..20 {
            limiter.failed(HERE, "eva", at(0));
        }
        limiter.succeeded(HERE, "eva");
        assert_eq!(limiter.wait(HERE, "eva", at(0)), None);
        for _ in 0..20 {
            limiter.failed(HERE, "eva", at(0));
        }
        limiter.failed(HERE, "eva", at(1_800));
        assert_eq!(limiter.wait(HERE, "eva", at(1_800)), None);
    }

    #[test]
    fn neighbours_in_one_network_count_as_one() {
        let limiter = Limiter::default();
        for host in 0..10_u16 {
            limiter.failed(format!("2001:db8::{host:x}").parse().unwrap(), &format!("user{host}"), at(0));
        }
        assert!(limiter.wait("2001:db8::ffff".parse().unwrap(), "x", at(0)).is_some());
        assert!(limiter.wait("2001:db8:0:1::1".parse().unwrap(), "x", at(0)).is_none());
    }

    #[test]
    fn the_table_is_bounded() {
        let limiter = Limiter::default();
        for n in 0..10_000_u32 {
            limiter.failed(IpAddr::V4(n.into()), &n.to_string(), at(u64::from(n)));
        }
        assert!(limiter.table.lock().unwrap().len() <= MAX);
    }
}
