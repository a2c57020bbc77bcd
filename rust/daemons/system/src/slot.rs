//! Which side was started (D17): the partition that the EFI firmware started, else the boot loader's word on the
//! kernel's command line. Nothing that is stored in an image can say it: both sides hold the same files.

use std::fs;

use api::system::{Side, Slot, SlotSource};

use crate::Machine;

/// systemd's boot loader interface: four bytes of attributes, then the partition's UUID in UTF-16.
const VARIABLE: &str = "sys/firmware/efi/efivars/LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

pub(crate) fn find(machine: &Machine) -> Slot {
    // The initrd looked before the variables were anybody's to hide: what it found counts.
    if let Some(side) = found_by_initrd(machine) {
        let efi = machine.path("sys/firmware/efi").exists();
        let source = if efi { SlotSource::Efi } else { SlotSource::CommandLine };
        let letter = if side == Side::A { "a" } else { "b" };
        return Slot { side: Some(side), source, message: format!("the initrd opened side {letter}") };
    }
    if let Some(uuid) = fs::read(machine.path(VARIABLE)).ok().as_deref().and_then(uuid) {
        let label = label_of(machine, &uuid);
        let side = label.as_deref().and_then(|label| side(label.strip_prefix("boot-")?));
        return match (side, label) {
            (Some(side), Some(label)) => {
                Slot { side: Some(side), source: SlotSource::Efi, message: format!("started from partition {label}") }
            }
            (_, label) => {
                unknown(format!("the firmware started partition {}, expected boot-a or boot-b", label.unwrap_or(uuid)))
            }
        };
    }
    let line = machine.read("proc/cmdline").unwrap_or_default();
    match line.split_ascii_whitespace().find_map(|word| word.strip_prefix("rauc.slot=")) {
        Some(name) => match side(name) {
            Some(side) => Slot {
                side: Some(side),
                source: SlotSource::CommandLine,
                message: format!("the boot loader says rauc.slot={name}"),
            },
            None => unknown(format!("the boot loader says rauc.slot={name}, expected a or b")),
        },
        None => unknown("not an A/B image: neither EFI nor a boot loader says which side was started".to_owned()),
    }
}

fn found_by_initrd(machine: &Machine) -> Option<Side> {
    let text = machine.read("run/joulepoint/slot")?;
    text.lines().find_map(|line| side(line.strip_prefix("JOULEPOINT_SLOT=")?.trim()))
}

fn unknown(message: String) -> Slot {
    Slot { side: None, source: SlotSource::Unknown, message }
}

fn side(name: &str) -> Option<Side> {
    match name.to_ascii_lowercase().as_str() {
        "a" => Some(Side::A),
        "b" => Some(Side::B),
        _ => None,
    }
}

fn uuid(variable: &[u8]) -> Option<String> {
    let (units, _) = variable.get(4..)?.as_chunks::<2>();
    let text: String =
        char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit))).collect::<Result<_, _>>().ok()?;
    let text = text.trim_end_matches('\0').to_ascii_lowercase();
    let sensible = text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    sensible.then_some(text)
}

/// The partition's label, from what the kernel tells of every block device: `/dev` is not ours to see.
fn label_of(machine: &Machine, uuid: &str) -> Option<String> {
    let devices = fs::read_dir(machine.path("sys/class/block")).ok()?;
    devices.flatten().find_map(|device| {
        let uevent = fs::read_to_string(device.path().join("uevent")).ok()?;
        let field = |name: &str| uevent.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        if field("PARTUUID")?.eq_ignore_ascii_case(uuid) { field("PARTNAME").map(str::to_owned) } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::made_up;

    const UUID: &str = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";

    fn variable(text: &str) -> Vec<u8> {
        let mut bytes = vec![6, 0, 0, 0];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        bytes.extend([0, 0]);
        bytes
    }

    fn partition(label: &str) -> Vec<u8> {
        format!("DEVTYPE=partition\nPARTN=1\nPARTNAME={label}\nPARTUUID={}\n", UUID.to_ascii_lowercase()).into_bytes()
    }

    #[test]
    fn efi_names_the_partition_and_wins_over_the_command_line() {
        let (_folder, machine) = made_up(&[
            (VARIABLE, &variable(UUID)),
            ("sys/class/block/vda/uevent", b"DEVTYPE=disk\n"),
            ("sys/class/block/vda2/uevent", &partition("boot-b")),
            ("proc/cmdline", b"quiet rauc.slot=a"),
        ]);
        let slot = find(&machine);
        assert_eq!((slot.side, slot.source), (Some(Side::B), SlotSource::Efi));
    }

    #[test]
    fn what_the_initrd_found_counts() {
        let slot = &b"JOULEPOINT_SLOT=b\nJOULEPOINT_STARTED=1\n"[..];
        let (_folder, machine) = made_up(&[("run/joulepoint/slot", slot), ("sys/firmware/efi/x", b"")]);
        assert_eq!((find(&machine).side, find(&machine).source), (Some(Side::B), SlotSource::Efi));
        let (_folder, machine) = made_up(&[("run/joulepoint/slot", b""), ("proc/cmdline", b"rauc.slot=a")]);
        assert_eq!((find(&machine).side, find(&machine).source), (Some(Side::A), SlotSource::CommandLine));
    }

    #[test]
    fn a_partition_that_is_no_side_is_named() {
        let (_folder, machine) =
            made_up(&[(VARIABLE, &variable(UUID)), ("sys/class/block/sda1/uevent", &partition("ESP"))]);
        let slot = find(&machine);
        assert_eq!(slot.side, None);
        assert!(slot.message.contains("ESP"), "{}", slot.message);
    }

    #[test]
    fn the_boot_loaders_word_counts_without_efi() {
        for (line, side) in
            [("a rauc.slot=b c\n", Some(Side::B)), ("rauc.slot=A", Some(Side::A)), ("rauc.slot=x", None)]
        {
            let (_folder, machine) = made_up(&[("proc/cmdline", line.as_bytes())]);
            assert_eq!(find(&machine).side, side, "{line}");
        }
    }

    #[test]
    fn without_either_it_is_not_an_image() {
        let (_folder, machine) = made_up(&[("proc/cmdline", b"root=/dev/sda1")]);
        let slot = find(&machine);
        assert_eq!((slot.side, slot.source), (None, SlotSource::Unknown));
        assert!(slot.message.starts_with("not an A/B image"));
    }

    #[test]
    fn a_broken_variable_is_passed_over() {
        for bad in [&b""[..], b"\x06\0\0", b"\x06\0\0\0\x00\xd8", b"\x06\0\0\0a\0b\0"] {
            let (_folder, machine) = made_up(&[(VARIABLE, bad), ("proc/cmdline", b"rauc.slot=a")]);
            assert_eq!(find(&machine).source, SlotSource::CommandLine);
        }
    }
}
