//! A pair of virtual Ethernet ends, the car's in a namespace of its own.

use std::process::Command;

/// The cable; taken away when dropped.
#[derive(Debug)]
pub(crate) struct Cable {
    pub(crate) netns: String,
    pub(crate) ours: String,
    pub(crate) cars: String,
}

fn sh(script: &str) {
    let done = Command::new("sh").args(["-ec", script]).output().unwrap();
    assert!(done.status.success(), "{script}: {}", String::from_utf8_lossy(&done.stderr));
}

impl Cable {
    /// `None` without the right to make one; the test then says that it was skipped.
    pub(crate) fn lay(name: char) -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            return None;
        }
        let token = format!("{name}{}", std::process::id());
        let cable = Self { netns: format!("jpplc{token}"), ours: format!("jps{token}"), cars: format!("jpc{token}") };
        let Self { netns, ours, cars } = &cable;
        // Without duplicate address detection the link-local address is usable at once, as on a unit.
        sh(&format!(
            "ip netns add {netns}
            ip link add {ours} type veth peer name {cars}
            ip link set {cars} netns {netns}
            echo 0 >/proc/sys/net/ipv6/conf/{ours}/accept_dad
            ip netns exec {netns} sh -c 'echo 0 >/proc/sys/net/ipv6/conf/{cars}/accept_dad'
            ip link set {ours} up
            ip -n {netns} link set {cars} up
            ip -n {netns} link set lo up"
        ));
        Some(cable)
    }

    pub(crate) fn cut(&self) {
        sh(&format!("ip link set {} down", self.ours));
    }

    pub(crate) fn mend(&self) {
        sh(&format!("ip link set {} up", self.ours));
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        let Self { netns, ours, .. } = self;
        let _ = Command::new("sh").args(["-c", &format!("ip link del {ours}; ip netns del {netns}")]).output();
    }
}
