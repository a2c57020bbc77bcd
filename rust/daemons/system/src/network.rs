//! Network interfaces and their addresses.

use std::{collections::BTreeMap, fs, net::IpAddr};

use api::system::{Interface, NetworkLink};
use nix::{ifaddrs::getifaddrs, sys::socket::SockaddrStorage};

use crate::Machine;

/// Every interface that the kernel lists, but the loopback.
pub(crate) fn interfaces(machine: &Machine) -> Vec<Interface> {
    let Ok(listed) = fs::read_dir(machine.path("sys/class/net")) else { return Vec::new() };
    let mut addresses = addresses();
    let mut found: Vec<Interface> = listed
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        // `bonding_masters` and its like are files, not interfaces.
        .filter(|name| name != "lo" && machine.path(&format!("sys/class/net/{name}/operstate")).exists())
        .map(|name| {
            let state = machine.read(&format!("sys/class/net/{name}/operstate")).unwrap_or_default();
            Interface { link: link(state.trim()), addresses: addresses.remove(&name).unwrap_or_default(), name }
        })
        .collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn link(operstate: &str) -> NetworkLink {
    match operstate {
        "up" => NetworkLink::Up,
        // Point-to-point and tunnel drivers never say.
        "unknown" | "" => NetworkLink::Unknown,
        _ => NetworkLink::Down,
    }
}

/// The addresses of each interface. None where the sandbox forbids to ask.
fn addresses() -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in getifaddrs().into_iter().flatten() {
        let Some(address) = entry.address.as_ref().and_then(ip) else { continue };
        let prefix = entry.netmask.as_ref().and_then(ip).map_or(0, ones);
        all.entry(entry.interface_name).or_default().push(format!("{address}/{prefix}"));
    }
    all
}

fn ip(address: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
}

/// The length of a prefix, from its mask.
fn ones(mask: IpAddr) -> u32 {
    match mask {
        IpAddr::V4(mask) => mask.to_bits().count_ones(),
        IpAddr::V6(mask) => mask.to_bits().count_ones(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::made_up;

    #[test]
    fn interfaces_are_sorted_and_the_loopback_left_out() {
        let (_folder, machine) = made_up(&[
            ("sys/class/net/wlan0/operstate", b"dormant\n"),
            ("sys/class/net/lo/operstate", b"unknown\n"),
            ("sys/class/net/eth0/operstate", b"up\n"),
            ("sys/class/net/tun0/operstate", b"unknown\n"),
            ("sys/class/net/bonding_masters", b""),
        ]);
        let found: Vec<(String, NetworkLink)> =
            interfaces(&machine).into_iter().map(|interface| (interface.name, interface.link)).collect();
        let expected = [("eth0", NetworkLink::Up), ("tun0", NetworkLink::Unknown), ("wlan0", NetworkLink::Down)];
        assert_eq!(found, expected.map(|(name, link)| (name.to_owned(), link)));
    }

    #[test]
    fn this_machine_has_a_loopback_address() {
        assert!(addresses().get("lo").is_none_or(|lo| lo.contains(&"127.0.0.1/8".to_owned())));
    }
}
