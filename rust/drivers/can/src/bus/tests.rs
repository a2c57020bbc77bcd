//! A bus against a listener in the same process.

use super::*;
use nix::sys::socket::{Backlog, accept, bind, listen};

struct Hub {
    listener: OwnedFd,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

fn hub() -> Hub {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("can0.sock");
    Hub { listener: listener(&path), path, _folder: folder }
}

fn listener(path: &Path) -> OwnedFd {
    let listener = socket(AddressFamily::Unix, SockType::SeqPacket, SockFlag::SOCK_CLOEXEC, None).unwrap();
    bind(listener.as_raw_fd(), &UnixAddr::new(path).unwrap()).unwrap();
    listen(&listener, Backlog::new(4).unwrap()).unwrap();
    listener
}

fn accepted(hub: &Hub) -> OwnedFd {
    use std::os::fd::FromRawFd;
    let fd = accept(hub.listener.as_raw_fd()).unwrap();
    #[expect(unsafe_code, reason = "nix hands out a bare descriptor that this test now owns")]
    // SAFETY: just accepted, owned by nobody else.
    unsafe {
        OwnedFd::from_raw_fd(fd)
    }
}

fn open(hub: &Hub, filters: Vec<Filter>) -> (Bus, OwnedFd) {
    let mut bus = Bus::new(Transport::Virtual { socket: hub.path.clone() }, filters).unwrap();
    assert!(matches!(bus.recv(Duration::from_secs(1)), Event::Up));
    let far = accepted(hub);
    (bus, far)
}

fn say(far: &OwnedFd, packet: &[u8]) {
    send_to_socket(far.as_raw_fd(), packet, MsgFlags::empty()).unwrap();
}

#[test]
fn frames_go_both_ways() {
    let hub = hub();
    let (mut bus, far) = open(&hub, vec![]);
    let frame = Frame::extended(0x0283_00F0, [1, 2, 3, 4, 5, 6, 7, 8]);
    bus.send(&frame).unwrap();
    let mut packet = [0; 32];
    let size = recv(far.as_raw_fd(), &mut packet, MsgFlags::empty()).unwrap();
    assert_eq!(Frame::from_packet(&packet[..size]), Ok(frame));
    assert_eq!(packet[..5], [0xF0, 0x00, 0x83, 0x82, 8]);
    say(&far, &frame.to_packet());
    assert!(matches!(bus.recv(Duration::from_secs(1)), Event::Frame(got) if got == frame));
}

#[test]
fn garbage_and_unwanted_frames_are_counted_and_dropped() {
    let hub = hub();
    let wanted = Filter { id: Id::Extended(0xF0), mask: 0xFF };
    let (mut bus, far) = open(&hub, vec![wanted]);
    say(&far, b"hello");
    say(&far, &[0xFF; 17]);
    say(&far, &Frame::extended(0xF1, [0; 8]).to_packet());
    say(&far, &Frame::new(Id::Standard(0xF0), &[]).unwrap().to_packet());
    say(&far, &Frame::extended(0xAAF0, [7; 8]).to_packet());
    let frames: Vec<Frame> = (0..5)
        .filter_map(|_| match bus.recv(Duration::from_millis(100)) {
            Event::Frame(frame) => Some(frame),
            _ => None,
        })
        .collect();
    assert_eq!(frames, [Frame::extended(0xAAF0, [7; 8])]);
    let counters = bus.counters();
    assert_eq!((counters.garbage, counters.filtered, counters.received), (2, 2, 1));
}

#[test]
fn a_full_queue_is_an_error_and_does_not_block() {
    let hub = hub();
    let (mut bus, _far) = open(&hub, vec![]);
    let frame = Frame::extended(1, [0; 8]);
    let full = (0..1_000_000).find_map(|_| bus.send(&frame).err());
    assert!(matches!(full, Some(SendError::Full { .. })), "{full:?}");
}

#[test]
fn a_bus_comes_back() {
    let hub = hub();
    let (mut bus, far) = open(&hub, vec![]);
    drop(far);
    assert!(matches!(bus.recv(Duration::from_secs(1)), Event::Down(_)));
    assert!(matches!(bus.send(&Frame::extended(1, [0; 8])), Err(SendError::Down { .. })));
    let up = (0..100).any(|_| matches!(bus.recv(Duration::from_millis(50)), Event::Up));
    assert!(up);
    let _far = accepted(&hub);
    bus.send(&Frame::extended(1, [0; 8])).unwrap();
    assert_eq!(bus.counters().opened, 2);
}

#[test]
fn a_missing_interface_is_news_not_a_panic() {
    let transport = Transport::SocketCan { interface: "no-such-can".to_owned() };
    let mut bus = Bus::new(transport, vec![]).unwrap();
    assert!(matches!(bus.recv(Duration::ZERO), Event::Down(_)));
    bus.waker().wake();
    assert!(matches!(bus.recv(Duration::from_secs(5)), Event::Woken));
}

#[test]
fn only_a_full_queue_is_called_full() {
    assert!(is_full(&Errno::ENOBUFS.into()));
    assert!(is_full(&Errno::EAGAIN.into()));
    assert!(!is_full(&Errno::ENETDOWN.into()));
    assert!(!is_full(&io::ErrorKind::UnexpectedEof.into()));
}
