//! The frames of InfyPower's protocol V1.13: ids, payloads, status bits.

use can::{Frame, Id};
use units::{Milliamps, Millivolts, Watts};

use crate::{
    driver::{Capabilities, OutputState, Setpoint, Status},
    fault::{Fault, Faults},
};

/// The highest address of a module.
pub(super) const MAX_MODULE: u8 = 0x3B;
/// All modules.
pub(super) const EVERYONE: u8 = 0x3F;
/// Controllers have F0 to F8; we are the first.
pub(super) const CONTROLLER: u8 = 0xF0;
/// "To one module", as opposed to a group of them.
const DEVICE_MODULE: u8 = 0x0A;

/// The commands that we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Command {
    ReadOutput = 0x03,
    ReadStatus = 0x04,
    ReadCapabilities = 0x0A,
    ReadSerial = 0x0B,
    ReadAvailable = 0x0C,
    SwitchOutput = 0x1A,
    SetOutput = 0x1C,
}

impl Command {
    fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0x03 => Self::ReadOutput,
            0x04 => Self::ReadStatus,
            0x0A => Self::ReadCapabilities,
            0x0B => Self::ReadSerial,
            0x0C => Self::ReadAvailable,
            0x1A => Self::SwitchOutput,
            0x1C => Self::SetOutput,
            _ => return None,
        })
    }
}

/// How a module takes a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Ok,
    InvalidCommand,
    InvalidData,
    /// Taken, and being worked on.
    Started,
    Unknown,
}

/// The 29 bits of an id, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) error: u8,
    pub(super) device: u8,
    pub(super) command: u8,
    pub(super) destination: u8,
    pub(super) source: u8,
}

impl Header {
    pub(super) const fn to_id(self) -> u32 {
        let Self { error, device, command, destination, source } = self;
        (error as u32 & 0x7) << 26
            | (device as u32 & 0xF) << 22
            | (command as u32 & 0x3F) << 16
            | (destination as u32) << 8
            | source as u32
    }

    pub(super) const fn from_id(id: u32) -> Self {
        let [top, command, destination, source] = id.to_be_bytes();
        Self {
            error: top >> 2 & 0x7,
            device: (top & 0x3) << 2 | command >> 6,
            command: command & 0x3F,
            destination,
            source,
        }
    }
}

/// A frame from us to one module (or, to read, to everyone).
pub(super) const fn request(command: Command, destination: u8, data: [u8; 8]) -> Frame {
    let header = Header { error: 0, device: DEVICE_MODULE, command: command as u8, destination, source: CONTROLLER };
    Frame::extended(header.to_id(), data)
}

/// The payload of [`Command::SetOutput`].
pub(super) fn set_output(voltage: Millivolts, current: Milliamps) -> [u8; 8] {
    (u64::from(unsigned(voltage.get())) << 32 | u64::from(unsigned(current.get()))).to_be_bytes()
}

/// The payload of [`Command::SwitchOutput`].
pub(super) const fn switch_output(setpoint: Setpoint) -> [u8; 8] {
    match setpoint {
        Setpoint::On { .. } => [0; 8],
        Setpoint::Off => [1, 0, 0, 0, 0, 0, 0, 0],
    }
}

fn unsigned(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

/// A frame to us that can be understood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Answer {
    Output {
        voltage: Millivolts,
        current: Milliamps,
    },
    Status(Status),
    Capabilities(Capabilities),
    Serial([u8; 8]),
    Available {
        current: Milliamps,
    },
    Switched {
        verdict: Verdict,
        echo: Option<[u8; 8]>,
    },
    Set {
        verdict: Verdict,
        echo: Option<[u8; 8]>,
    },
    /// A read that the module refused.
    Refused,
}

/// What a frame is to us.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sorted {
    /// An answer of the module at this address.
    Answer(u8, Answer),
    /// For another controller, or from one.
    Foreign,
    /// Not of this protocol, or with impossible content.
    Garbage,
}

/// Sorts a frame.
pub(super) fn sort(frame: &Frame) -> Sorted {
    let Id::Extended(id) = frame.id() else { return Sorted::Garbage };
    let header = Header::from_id(id);
    if header.destination != CONTROLLER {
        return Sorted::Foreign;
    }
    let Some(command) = Command::from_bits(header.command) else { return Sorted::Garbage };
    if header.device != DEVICE_MODULE || header.source > MAX_MODULE {
        return Sorted::Garbage;
    }
    let verdict = match header.error {
        0 => Verdict::Ok,
        2 => Verdict::InvalidCommand,
        3 => Verdict::InvalidData,
        7 => Verdict::Started,
        _ => Verdict::Unknown,
    };
    match answer(command, verdict, frame.eight()) {
        Some(answer) => Sorted::Answer(header.source, answer),
        None => Sorted::Garbage,
    }
}

fn answer(command: Command, verdict: Verdict, data: Option<&[u8; 8]>) -> Option<Answer> {
    match command {
        Command::SwitchOutput => return Some(Answer::Switched { verdict, echo: data.copied() }),
        Command::SetOutput => return Some(Answer::Set { verdict, echo: data.copied() }),
        _ if verdict != Verdict::Ok => return Some(Answer::Refused),
        _ => {}
    }
    let data = data?;
    let (words, _) = data.as_chunks::<2>();
    let word = |index: usize| words.get(index).map_or(0, |word| i64::from(u16::from_be_bytes(*word)));
    Some(match command {
        Command::ReadOutput => Answer::Output {
            voltage: Millivolts(milli(*data.first_chunk()?, 2_000.0)?),
            current: Milliamps(milli(*data.last_chunk()?, 1_000.0)?),
        },
        Command::ReadStatus => {
            let &[byte5, byte6, byte7] = data.last_chunk()?;
            Answer::Status(status(byte5, byte6, byte7))
        }
        Command::ReadCapabilities => {
            let (max_voltage, min_voltage) = (Millivolts::from_volts(word(0)), Millivolts::from_volts(word(1)));
            if max_voltage == Millivolts::ZERO || min_voltage > max_voltage {
                return None;
            }
            Answer::Capabilities(Capabilities {
                min_voltage,
                max_voltage,
                max_current: Milliamps(word(2) * 100),
                max_power: Watts(word(3) * 10),
                min_current: Milliamps::from_amps(1),
            })
        }
        Command::ReadSerial => Answer::Serial(*data),
        Command::ReadAvailable => Answer::Available { current: Milliamps(word(1) * 100) },
        Command::SwitchOutput | Command::SetOutput => return None,
    })
}

/// A float of volts or amperes in thousandths, if it is a number that a module can mean.
fn milli(bytes: [u8; 4], limit: f32) -> Option<i64> {
    let value = f32::from_be_bytes(bytes);
    if !value.is_finite() || value.abs() > limit {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "finite and at most 2,000 thousand")]
    let milli = (f64::from(value) * 1_000.0).round() as i64;
    Some(milli)
}

/// Bytes 5, 6 and 7 of the status.
fn status(byte5: u8, byte6: u8, byte7: u8) -> Status {
    const TABLE: &[(usize, u8, Fault)] = &[
        (5, 0, Fault::Derated),
        (5, 1, Fault::DuplicateAddress),
        (5, 2, Fault::LoadSharing),
        (5, 3, Fault::PhaseLoss),
        (5, 4, Fault::PhaseImbalance),
        (5, 5, Fault::UnderVoltageAc),
        (5, 6, Fault::OverVoltageAc),
        // 5.7, PFC off, and 7.4, sleeping, go with an output that is off.
        (6, 1, Fault::Hardware),
        (6, 2, Fault::Protection),
        (6, 3, Fault::Fan),
        (6, 4, Fault::OverTemperature),
        (6, 5, Fault::OverVoltageDc),
        // 6.6, walk-in enabled, is a setting.
        (6, 7, Fault::InternalComms),
        (7, 0, Fault::ShortCircuit),
        (7, 5, Fault::Discharge),
    ];
    let bit = |byte: usize, bit: u8| {
        let value = match byte {
            5 => byte5,
            6 => byte6,
            _ => byte7,
        };
        value >> bit & 1 == 1
    };
    let faults: Faults =
        TABLE.iter().filter(|(byte, index, _)| bit(*byte, *index)).map(|(_, _, fault)| *fault).collect();
    Status { output: if bit(6, 0) { OutputState::Off } else { OutputState::On }, faults }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An answer as a module at `source` would give it.
    fn from_module(command: Command, source: u8, error: u8, data: &[u8]) -> Frame {
        let header = Header { error, device: 0x0A, command: command as u8, destination: CONTROLLER, source };
        Frame::new(Id::Extended(header.to_id()), data).unwrap()
    }

    #[test]
    fn golden_vectors() {
        let printed = |frame: Frame| format!("{frame:?}");
        assert_eq!(printed(request(Command::ReadOutput, 0, [0; 8])), "028300F0#0000000000000000");
        assert_eq!(
            printed(request(
                Command::SetOutput,
                EVERYONE,
                set_output(Millivolts::from_volts(500), Milliamps::from_amps(20))
            )),
            "029C3FF0#0007A12000004E20"
        );
        let on = Setpoint::On { voltage: Millivolts::ZERO, current: Milliamps::ZERO };
        assert_eq!(printed(request(Command::SwitchOutput, 2, switch_output(on))), "029A02F0#0000000000000000");
        assert_eq!(
            printed(request(Command::SwitchOutput, 2, switch_output(Setpoint::Off))),
            "029A02F0#0100000000000000"
        );
        assert_eq!(Header::from_id(0x0283_F000).to_id(), 0x0283_F000);
        assert_eq!(format!("{:?}", from_module(Command::ReadOutput, 0, 0, &[]).id()), "0283F000");
        let group = Header { error: 0, device: 0x0B, command: 0x02, destination: 1, source: CONTROLLER };
        assert_eq!(group.to_id(), 0x02C2_01F0);
    }

    #[test]
    fn readings_are_floats_in_volts_and_amperes() {
        let mut data = [0; 8];
        data[..4].copy_from_slice(&400.5_f32.to_be_bytes());
        data[4..].copy_from_slice(&(-0.25_f32).to_be_bytes());
        let answer = Answer::Output { voltage: Millivolts(400_500), current: Milliamps(-250) };
        assert_eq!(sort(&from_module(Command::ReadOutput, 7, 0, &data)), Sorted::Answer(7, answer));
    }

    #[test]
    fn impossible_readings_are_garbage() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e9] {
            let mut data = [0; 8];
            data[..4].copy_from_slice(&bad.to_be_bytes());
            assert_eq!(sort(&from_module(Command::ReadOutput, 0, 0, &data)), Sorted::Garbage);
        }
        assert_eq!(sort(&from_module(Command::ReadOutput, 0, 0, &[0; 4])), Sorted::Garbage);
        assert_eq!(sort(&from_module(Command::ReadOutput, 0x3C, 0, &[0; 8])), Sorted::Garbage);
        assert_eq!(sort(&from_module(Command::ReadCapabilities, 0, 0, &[0; 8])), Sorted::Garbage);
    }

    #[test]
    fn every_status_bit_has_its_meaning() {
        let faults = |byte5, byte6, byte7| status(byte5, byte6, byte7).faults.iter().collect::<Vec<_>>();
        assert_eq!(faults(0, 0, 0x10), []);
        assert_eq!(faults(0, 0x41, 0), []);
        assert_eq!(status(0, 0x01, 0).output, OutputState::Off);
        assert_eq!(status(0x80, 0x40, 0).output, OutputState::On);
        assert_eq!(faults(0x01, 0, 0), [Fault::Derated]);
        assert_eq!(faults(0x02, 0, 0), [Fault::DuplicateAddress]);
        assert_eq!(faults(0x08, 0, 0), [Fault::PhaseLoss]);
        assert_eq!(faults(0, 0x02, 0), [Fault::Hardware]);
        assert_eq!(faults(0, 0x10, 0), [Fault::OverTemperature]);
        assert_eq!(faults(0, 0x80, 0), [Fault::InternalComms]);
        assert_eq!(faults(0, 0, 0x21), [Fault::ShortCircuit, Fault::Discharge]);
    }

    #[test]
    fn capabilities_come_in_four_words() {
        let data = [0x03, 0xE8, 0x00, 0x96, 0x03, 0xE8, 0x0B, 0xB8];
        let Sorted::Answer(1, Answer::Capabilities(capabilities)) =
            sort(&from_module(Command::ReadCapabilities, 1, 0, &data))
        else {
            panic!("not understood")
        };
        assert_eq!(capabilities.max_voltage, Millivolts::from_volts(1_000));
        assert_eq!(capabilities.min_voltage, Millivolts::from_volts(150));
        assert_eq!(capabilities.max_current, Milliamps::from_amps(100));
        assert_eq!(capabilities.max_power, Watts(30_000));
    }

    proptest! {
        #[test]
        fn ids_round_trip(id in 0_u32..=Frame::MAX_EXTENDED) {
            prop_assert_eq!(Header::from_id(id).to_id(), id);
        }

        #[test]
        fn no_frame_upsets_us(id in 0_u32..=Frame::MAX_EXTENDED, data in proptest::collection::vec(any::<u8>(), 0..=8)) {
            let _ = sort(&Frame::new(Id::Extended(id), &data).unwrap());
        }

        #[test]
        fn set_points_are_never_negative_and_never_wrap(mv: i64, ma: i64) {
            let data = set_output(Millivolts(mv), Milliamps(ma));
            let volts = u32::from_be_bytes(data[..4].try_into().unwrap());
            prop_assert!(i64::from(volts) <= mv.max(0));
            let amps = u32::from_be_bytes(data[4..].try_into().unwrap());
            prop_assert!(i64::from(amps) <= ma.max(0));
        }
    }
}
