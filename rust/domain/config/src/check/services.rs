//! The sections around the charging itself: network, branding, tunnel, telemetry, updates.

use super::{Check, quoted};
use crate::{Branding, Config, Network, Telemetry, Tunnel, Updates};

impl Config {
    pub(super) fn check_services(&self, check: &mut Check) {
        network(&self.network, check);
        branding(&self.branding, check);
        tunnel(&self.tunnel, check);
        telemetry(&self.telemetry, check);
        updates(&self.updates, check);
    }
}

fn network(network: &Network, check: &mut Check) {
    if let Some(interface) = &network.primary_interface {
        check.interface("/network/primary_interface", interface);
    }
    if let Some(hostname) = &network.hostname {
        check.label("/network/hostname", hostname);
    }
    check.count_at_most("/network/ntp_servers", network.ntp_servers.len(), 8);
    for (i, server) in network.ntp_servers.iter().enumerate() {
        if !is_host(server) {
            check.wrong(format!("/network/ntp_servers/{i}"), quoted(server), "a host name or an IP address");
        }
    }
    check.count_at_most("/network/dns_servers", network.dns_servers.len(), 4);
    if let Some(apn) = &network.apn
        && !(!apn.is_empty() && apn.len() <= 100 && apn.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)))
    {
        check.wrong("/network/apn", quoted(apn), "1 to 100 of letters, digits, '-', '.', '_'");
    }
}

fn branding(branding: &Branding, check: &mut Check) {
    if let Some(operator) = &branding.operator {
        check.text("/branding/operator", operator, 64);
    }
    if let Some(phone) = &branding.support_phone {
        let rest = phone.strip_prefix('+').unwrap_or(phone);
        let digits = rest.chars().filter(char::is_ascii_digit).count();
        if !(3..=20).contains(&digits) || !rest.chars().all(|c| c.is_ascii_digit() || " -/()".contains(c)) {
            let expected = "3 to 20 digits with blanks, '-', '/', '(', ')', and '+' in front";
            check.wrong("/branding/support_phone", quoted(phone), expected);
        }
    }
    if let Some(email) = &branding.support_email {
        let parts = email.split_once('@');
        let printable = email.len() <= 254 && !email.contains(|c: char| c.is_whitespace() || c.is_control());
        if !printable || !parts.is_some_and(|(who, host)| !who.is_empty() && is_host(host)) {
            check.wrong("/branding/support_email", quoted(email), "NAME@HOST");
        }
    }
    for (pointer, logo) in [("/branding/logo", &branding.logo), ("/branding/logo_dark", &branding.logo_dark)] {
        let Some(logo) = logo else { continue };
        let kind = [".svg", ".png", ".webp"].iter().find_map(|ending| logo.strip_suffix(ending));
        let good = |stem: &str| {
            !stem.is_empty()
                && !stem.starts_with('.')
                && logo.len() <= 64
                && stem.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        if !kind.is_some_and(good) {
            let expected = "the name of an uploaded file of up to 64 letters, digits, '-', '_', '.', \
                            ending in .svg, .png or .webp";
            check.wrong(pointer, quoted(logo), expected);
        }
    }
    let colours =
        [("/branding/primary_colour", &branding.primary_colour), ("/branding/accent_colour", &branding.accent_colour)];
    for (pointer, colour) in colours {
        let Some(colour) = colour else { continue };
        let hex = colour.strip_prefix('#').unwrap_or("");
        if hex.len() != 6 || !hex.chars().all(|c| c.is_ascii_hexdigit()) {
            check.wrong(pointer, quoted(colour), "a colour as #rrggbb");
        }
    }
}

fn tunnel(tunnel: &Tunnel, check: &mut Check) {
    if let Some(url) = &tunnel.control_url {
        check.url("/tunnel/control_url", url, &["https://"]);
    }
    if let Some(hostname) = &tunnel.hostname {
        check.label("/tunnel/hostname", hostname);
    }
    check.count_at_most("/tunnel/advertise_tags", tunnel.advertise_tags.len(), 8);
    for (i, tag) in tunnel.advertise_tags.iter().enumerate() {
        let name = tag.strip_prefix("tag:").unwrap_or("");
        if name.len() > 50
            || !name.starts_with(|c: char| c.is_ascii_alphabetic())
            || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        {
            check.wrong(format!("/tunnel/advertise_tags/{i}"), quoted(tag), "tag:NAME of letters, digits and '-'");
        }
    }
    check.count_at_most("/tunnel/advertise_routes", tunnel.advertise_routes.len(), 8);
    for (i, route) in tunnel.advertise_routes.iter().enumerate() {
        if !is_network(route) {
            let expected = "a network as ADDRESS/LENGTH, such as 192.0.2.0/24";
            check.wrong(format!("/tunnel/advertise_routes/{i}"), quoted(route), expected);
        }
    }
    let twice = |i: usize| {
        let mut earlier = tunnel.allowed_services.iter().take(i);
        tunnel.allowed_services.get(i).is_some_and(|service| earlier.any(|other| other == service))
    };
    if let Some(i) = (0..tunnel.allowed_services.len()).find(|&i| twice(i)) {
        check.wrong(format!("/tunnel/allowed_services/{i}"), "there twice", "each service once");
    }
    check.secret_file("/tunnel/auth_key_file", tunnel.auth_key_file.as_ref());
}

fn telemetry(telemetry: &Telemetry, check: &mut Check) {
    match &telemetry.url {
        Some(url) => check.url("/telemetry/url", url, &["mqtts://", "mqtt://"]),
        None if telemetry.enabled => check.wrong("/telemetry/url", "missing", "a broker, as telemetry is enabled"),
        None => {}
    }
    let prefix = &telemetry.topic_prefix;
    let allowed = !prefix.contains(|c: char| "+#".contains(c) || c.is_whitespace() || c.is_control());
    if !allowed || !(1..=128).contains(&prefix.len()) || prefix.starts_with('/') || prefix.ends_with('/') {
        let expected = "1 to 128 characters without '+', '#' and blanks, not beginning or ending with '/'";
        check.wrong("/telemetry/topic_prefix", quoted(prefix), expected);
    }
    check.range("/telemetry/interval_s", i64::from(telemetry.interval_s), 1, 3_600, "s");
    check.range("/telemetry/buffer_mib", i64::from(telemetry.buffer_mib), 1, 1_024, "MiB");
    if let Some(username) = &telemetry.username {
        check.text("/telemetry/username", username, 128);
    }
    check.secret_file("/telemetry/password_file", telemetry.password_file.as_ref());
    if let Some(file) = &telemetry.ca_file {
        check.path("/telemetry/ca_file", file);
    }
}

fn updates(updates: &Updates, check: &mut Check) {
    if let Some(url) = &updates.channel_url {
        check.url("/updates/channel_url", url, &["https://"]);
    }
    for (pointer, version) in [("/updates/pin", &updates.pin), ("/updates/floor", &updates.floor)] {
        if let Some(version) = version
            && version_of(version).is_none()
        {
            check.wrong(pointer, quoted(version), "a version, such as 1.4.2");
        }
    }
    if let (Some(pin), Some(floor)) = (&updates.pin, &updates.floor)
        && let (Some(pinned), Some(least)) = (version_of(pin), version_of(floor))
        && pinned < least
    {
        check.wrong("/updates/pin", quoted(pin), format!("a version from /updates/floor ({floor}) on"));
    }
    check.range("/updates/check_interval_hours", i64::from(updates.check_interval_hours), 1, 720, "h");
    if let Some(window) = &updates.window {
        for (pointer, time) in [("/updates/window/from", &window.from), ("/updates/window/until", &window.until)] {
            if !is_time_of_day(time) {
                check.wrong(pointer, quoted(time), "a time of day, 00:00 to 23:59");
            }
        }
        if window.from == window.until {
            check.wrong("/updates/window/until", quoted(&window.until), "another time than /updates/window/from");
        }
    }
}

/// A host name of labels, or an IP address.
pub(super) fn is_host(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok() || (text.len() <= 253 && text.split('.').all(is_label))
}

pub(super) fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_network(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let Ok(length) = length.parse::<u8>() else { return false };
    match address.parse() {
        Ok(std::net::IpAddr::V4(_)) => length <= 32,
        Ok(std::net::IpAddr::V6(_)) => length <= 128,
        Err(_) => false,
    }
}

/// The three numbers of a version.
fn version_of(text: &str) -> Option<[u32; 3]> {
    let mut numbers = text.split('.').map(|part| {
        // `parse` alone would take a sign.
        part.parse::<u32>().ok().filter(|_| part.chars().all(|c| c.is_ascii_digit()))
    });
    let version = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(version)
}

fn is_time_of_day(text: &str) -> bool {
    let digits = |part: &str, most: u8| {
        part.len() == 2 && part.chars().all(|c| c.is_ascii_digit()) && part.parse::<u8>().is_ok_and(|n| n <= most)
    };
    text.split_once(':').is_some_and(|(hours, minutes)| digits(hours, 23) && digits(minutes, 59))
}
