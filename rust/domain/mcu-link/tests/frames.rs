//! Framing under loss, damage and noise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

use mcu_link::{
    ConnectorStatus, ContactorFeedback, ContactorLayout, ContactorStatus, Decoder, EStop, EncodeError, Encoder,
    FromMcu, Garbage, Gate, GateSensors, InhibitLine, Isolation, IsolationStatus, IsolationTest, Lease, LeaseEntry,
    LeaseTime, LockCommand, LockFeedback, MAX_CONNECTORS, MAX_CONTACTORS, MAX_FRAME, MAX_TIES, McuHello, PilotOutput,
    PilotState, Place, PlugCount, Purpose, ResetReason, Status, TieStatus, ToMcu, Trip, TripScope, VERSION,
};
use proptest::{collection::vec, prelude::*};
use units::{ConnectorId, ContactorId, DeciCelsius, Milliamps, Millivolts, Ohms, Percent};

fn connector() -> impl Strategy<Value = ConnectorId> {
    (1_u8..=255).prop_map(|id| ConnectorId::new(id).unwrap())
}

fn purpose() -> impl Strategy<Value = Purpose> {
    prop_oneof![Just(Purpose::Open), Just(Purpose::TestClose), Just(Purpose::Energy), Just(Purpose::Tie)]
}

fn lease() -> impl Strategy<Value = Lease> {
    let entry = (any::<u8>(), purpose(), any::<u32>()).prop_map(|(contactor, purpose, plug_count)| LeaseEntry {
        contactor: ContactorId(contactor),
        purpose,
        plug_count: PlugCount(plug_count),
    });
    (LeaseTime::MIN_MS..=LeaseTime::MAX_MS, vec(entry, 0..=MAX_CONTACTORS)).prop_map(|(time, entries)| Lease {
        time: LeaseTime::new(time).unwrap(),
        contactors: entries.into_iter().collect(),
    })
}

fn to_mcu() -> impl Strategy<Value = ToMcu> {
    prop_oneof![
        Just(ToMcu::Hello),
        lease().prop_map(ToMcu::Lease),
        (connector(), prop_oneof![Just(PilotOutput::Off), Just(PilotOutput::FivePercent), Just(PilotOutput::StateF)])
            .prop_map(|(connector, output)| ToMcu::Pilot { connector, output }),
        (connector(), prop_oneof![Just(LockCommand::Lock), Just(LockCommand::Unlock)])
            .prop_map(|(connector, command)| ToMcu::Lock { connector, command }),
        (connector(), prop_oneof![Just(IsolationTest::Start), Just(IsolationTest::Stop)])
            .prop_map(|(connector, test)| ToMcu::IsolationTest { connector, test }),
        prop_oneof![Just(TripScope::All), connector().prop_map(TripScope::Connector)].prop_map(ToMcu::ClearTrip),
    ]
}

/// The longest that there can be: everything there, every integer at its longest.
fn fullest() -> FromMcu {
    let connector = |id: u8| ConnectorStatus {
        connector: ConnectorId::new(id + 1).unwrap(),
        pilot: PilotState::C,
        plug_count: PlugCount(u32::MAX),
        output: PilotOutput::FivePercent,
        duty: Percent::new(5).unwrap(),
        lock: LockFeedback::Locked,
        isolation: IsolationStatus {
            state: Isolation::Valid { resistance: Ohms(i64::MIN) },
            plug_count: PlugCount(u32::MAX),
        },
        bus_voltage: Millivolts(i64::MIN),
        connector_voltage: Millivolts(i64::MIN),
        current: Milliamps(i64::MIN),
        temperature: DeciCelsius(i32::MIN),
    };
    let contactor = |id: u8| ContactorStatus {
        contactor: ContactorId(255 - id),
        granted: Purpose::Energy,
        feedback: ContactorFeedback::Welded,
        refused: Some(Gate::Isolation),
        trip: Some(Trip::Welded),
    };
    FromMcu::Status(Status {
        e_stop: EStop::Pressed,
        lease_remaining_ms: Some(u16::MAX),
        inhibit: InhibitLine::Enabled,
        uptime_ms: u32::MAX,
        connectors: (0..u8::try_from(MAX_CONNECTORS).unwrap()).map(connector).collect(),
        contactors: (0..u8::try_from(MAX_CONTACTORS).unwrap()).map(contactor).collect(),
        ties: (0..u8::try_from(MAX_TIES).unwrap())
            .map(|id| TieStatus { contactor: ContactorId(255 - id), current: Milliamps(i64::MIN) })
            .collect(),
    })
}

fn encoded(messages: &[ToMcu]) -> Vec<u8> {
    let mut encoder = Encoder::default();
    let mut wire = Vec::new();
    for message in messages {
        let mut frame = [0; MAX_FRAME];
        let length = encoder.encode(message, &mut frame).unwrap();
        wire.extend_from_slice(&frame[..length]);
    }
    wire
}

fn one(message: &ToMcu) -> Vec<u8> {
    encoded(std::slice::from_ref(message))
}

fn hello() -> FromMcu {
    let id = |id| ConnectorId::new(id).unwrap();
    FromMcu::Hello(McuHello {
        firmware: [1, 2, 3],
        boot_nonce: 0xDEAD_BEEF,
        reset: ResetReason::PowerOn,
        contactors: [
            ContactorLayout { contactor: ContactorId(1), place: Place::Gun(id(1)) },
            ContactorLayout { contactor: ContactorId(2), place: Place::Tie(id(1), id(2)) },
        ]
        .into_iter()
        .collect(),
        sensors: GateSensors::VERIFIED,
    })
}

proptest! {
    #[test]
    fn what_goes_in_comes_out_however_it_is_cut(
        messages in vec(to_mcu(), 0..8),
        cuts in vec(1_usize..40, 1..20),
    ) {
        let wire = encoded(&messages);
        let mut decoder = Decoder::default();
        let mut out = Vec::new();
        let mut rest = wire.as_slice();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, tail) = rest.split_at((*cut).min(rest.len()));
            out.extend(decoder.feed::<ToMcu>(chunk));
            rest = tail;
        }
        prop_assert_eq!(out, messages);
        prop_assert_eq!(decoder.garbage(), Garbage::default());
    }

    #[test]
    fn noise_never_panics_and_the_next_frame_is_heard(noise in vec(any::<u8>(), 0..3_000), message in to_mcu()) {
        let mut decoder = Decoder::default();
        let _ = decoder.feed::<ToMcu>(&noise).count();
        let mut wire = vec![0];
        wire.extend(one(&message));
        let heard: Vec<ToMcu> = decoder.feed(&wire).collect();
        prop_assert_eq!(heard.last(), Some(&message));
    }

    #[test]
    fn a_flipped_bit_is_never_taken(message in to_mcu(), at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let mut wire = one(&message);
        let last = wire.len() - 1;
        wire[at.index(last)] ^= 1 << bit;
        let mut decoder = Decoder::default();
        let heard: Vec<ToMcu> = decoder.feed(&wire).collect();
        prop_assert_eq!(heard, Vec::<ToMcu>::new());
    }

    #[test]
    fn a_payload_of_noise_under_a_sound_checksum_never_panics(payload in vec(any::<u8>(), 0..200)) {
        #[derive(serde::Serialize)]
        struct Raw<'a>(&'a [u8]);
        let mut frame = [0; MAX_FRAME];
        let length = Encoder::default().encode(&Raw(&payload), &mut frame).unwrap();
        let mut decoder = Decoder::default();
        let _ = decoder.feed::<ToMcu>(&frame[..length]).count();
        let _ = decoder.feed::<FromMcu>(&frame[..length]).count();
    }

    #[test]
    fn any_buffer_size_is_survived(size in 0..MAX_FRAME) {
        let mut buffer = vec![0; size];
        match Encoder::default().encode(&fullest(), &mut buffer) {
            Ok(length) => prop_assert!(length <= size),
            Err(error) => prop_assert_eq!(error, EncodeError::Buffer { given: size }),
        }
    }
}

#[test]
fn the_fullest_status_fits() {
    let mut frame = [0; MAX_FRAME];
    let length = Encoder::default().encode(&fullest(), &mut frame).unwrap();
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed::<FromMcu>(&frame[..length]).collect::<Vec<_>>(), [fullest()]);
}

#[test]
fn each_cause_of_garbage_is_counted_apart() {
    let good = one(&ToMcu::Hello);
    let mut decoder = Decoder::default();
    let mut feed = |bytes: &[u8]| {
        let heard = decoder.feed::<ToMcu>(bytes).count();
        (heard, decoder.garbage())
    };

    let mut expected = Garbage::default();
    assert_eq!(feed(&good), (1, expected));

    expected.cobs = 1;
    assert_eq!(feed(&[9, 1, 0]), (0, expected));

    expected.length = 1;
    assert_eq!(feed(&[2, 7, 0]), (0, expected));
    expected.length = 2;
    assert_eq!(feed(&vec![1; MAX_FRAME + 1]), (0, Garbage { length: 1, ..expected }));
    assert_eq!(feed(&[0]), (0, expected));

    expected.crc = 1;
    let mut damaged = good.clone();
    let at = damaged.len() - 2;
    damaged[at] ^= 0x10;
    assert_eq!(feed(&damaged), (0, expected));

    expected.sequence_gap = 1;
    assert_eq!(feed(&good), (1, expected), "the same number again is a gap, the frame counts");

    // A frame of the other direction: sound, but not for us. It carries number 0 again.
    expected.payload = 1;
    expected.sequence_gap = 2;
    let mut frame = [0; MAX_FRAME];
    let length = Encoder::default().encode(&fullest(), &mut frame).unwrap();
    assert_eq!(feed(&frame[..length]), (0, expected));
    assert_eq!(expected.dropped(), 5);
}

#[test]
fn another_version_is_dropped_by_name() {
    // The version before, sequence 0, `ToMcu::Hello`, with a sound checksum.
    let mut body = vec![VERSION - 1, 0, 0];
    body.extend(crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&body).to_le_bytes());
    let mut frame = vec![0; 32];
    let length = cobs::encode(&body, &mut frame);
    frame.truncate(length);
    frame.push(0);
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed::<ToMcu>(&frame).count(), 0);
    assert_eq!(decoder.garbage(), Garbage { version: 1, ..Garbage::default() });
}

#[test]
fn a_restart_forgets_the_half_frame_and_the_sequence() {
    let wire = encoded(&[ToMcu::Hello, ToMcu::ClearTrip(TripScope::All)]);
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed::<ToMcu>(&wire[..wire.len() - 3]).count(), 1);
    decoder.restart();
    assert_eq!(decoder.feed::<ToMcu>(&wire).count(), 2);
    assert_eq!(decoder.garbage(), Garbage::default());
}

/// The bytes themselves: whoever writes the other end in another language checks against these.
#[test]
fn golden_frames() {
    let hex = |bytes: &[u8]| bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect::<Vec<u8>>();
    let hex = |bytes: &[u8]| String::from_utf8(hex(bytes)).unwrap();
    let lease = ToMcu::Lease(Lease {
        time: LeaseTime::MAX,
        contactors: [
            LeaseEntry { contactor: ContactorId(1), purpose: Purpose::Energy, plug_count: PlugCount(7) },
            LeaseEntry { contactor: ContactorId(2), purpose: Purpose::Tie, plug_count: PlugCount(0) },
        ]
        .into_iter()
        .collect(),
    });
    assert_eq!(hex(&one(&ToMcu::Hello)), "020201057c0dc5fc00");
    assert_eq!(hex(&one(&lease)), "02020a01dc0b020102070203054db3084400");
    let mut frame = [0; MAX_FRAME];
    let length = Encoder::default().encode(&hello(), &mut frame).unwrap();
    assert_eq!(hex(&frame[..length]), "02020109010203effdb6f50d030201060102010102010101010101058aebd47200");
}
