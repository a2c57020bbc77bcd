//! A classic CAN data frame.

use std::fmt;

/// Who a frame is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    /// 11 bits.
    Standard(u16),
    /// 29 bits.
    Extended(u32),
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard(id) => write!(f, "{id:03X}"),
            Self::Extended(id) => write!(f, "{id:08X}"),
        }
    }
}

/// A data frame of up to eight bytes. Remote and error frames are no `Frame`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Frame {
    id: Id,
    length: u8,
    data: [u8; 8],
}

/// Why something is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFrame {
    /// The id does not fit its format.
    #[error("id {id:#x} is out of range, expected at most {max:#x}")]
    Id {
        /// What was given.
        id: u32,
        /// The largest of its format.
        max: u32,
    },
    /// More than eight bytes of data.
    #[error("{length} bytes of data, expected at most 8")]
    Length {
        /// How many.
        length: usize,
    },
    /// A packet that is not a `struct can_frame`.
    #[error("a packet of {size} bytes, expected 16")]
    Packet {
        /// Its size.
        size: usize,
    },
    /// A remote frame: nobody on our buses uses them.
    #[error("a remote frame")]
    Remote,
    /// An error frame, with the error bits of the kernel.
    #[error("an error frame, class {class:#x}")]
    Error {
        /// The class bits.
        class: u32,
    },
}

impl Frame {
    /// The largest extended id.
    pub const MAX_EXTENDED: u32 = 0x1FFF_FFFF;
    const MAX_STANDARD: u32 = 0x7FF;
    const EXTENDED_FLAG: u32 = 0x8000_0000;
    const REMOTE_FLAG: u32 = 0x4000_0000;
    const ERROR_FLAG: u32 = 0x2000_0000;
    /// The size of a `struct can_frame`.
    pub const PACKET: usize = 16;

    /// A frame with any id.
    pub fn new(id: Id, data: &[u8]) -> Result<Self, InvalidFrame> {
        let (raw, max) = match id {
            Id::Standard(id) => (u32::from(id), Self::MAX_STANDARD),
            Id::Extended(id) => (id, Self::MAX_EXTENDED),
        };
        if raw > max {
            return Err(InvalidFrame::Id { id: raw, max });
        }
        let too_long = InvalidFrame::Length { length: data.len() };
        let mut bytes = [0; 8];
        bytes.get_mut(..data.len()).ok_or(too_long)?.copy_from_slice(data);
        Ok(Self { id, length: u8::try_from(data.len()).map_err(|_| too_long)?, data: bytes })
    }

    /// A frame of eight bytes with a 29-bit id, as nearly all power modules speak. Bits above the 29th are dropped.
    #[must_use]
    pub const fn extended(id: u32, data: [u8; 8]) -> Self {
        Self { id: Id::Extended(id & Self::MAX_EXTENDED), length: 8, data }
    }

    /// Who it is for.
    pub const fn id(&self) -> Id {
        self.id
    }

    /// What it carries, at most eight bytes.
    pub fn data(&self) -> &[u8] {
        self.data.get(..usize::from(self.length)).unwrap_or(&self.data)
    }

    /// What it carries, if that is exactly eight bytes.
    pub fn eight(&self) -> Option<&[u8; 8]> {
        (self.length == 8).then_some(&self.data)
    }

    /// As Linux lays out a `struct can_frame`, little-endian.
    #[must_use]
    pub fn to_packet(&self) -> [u8; Self::PACKET] {
        let id = match self.id {
            Id::Standard(id) => u32::from(id),
            Id::Extended(id) => id | Self::EXTENDED_FLAG,
        };
        let [a, b, c, d] = id.to_le_bytes();
        let [d0, d1, d2, d3, d4, d5, d6, d7] = self.data;
        [a, b, c, d, self.length, 0, 0, 0, d0, d1, d2, d3, d4, d5, d6, d7]
    }

    /// From a `struct can_frame`.
    pub fn from_packet(packet: &[u8]) -> Result<Self, InvalidFrame> {
        let &[a, b, c, d, length, _, _, _, ref data @ ..] = packet else {
            return Err(InvalidFrame::Packet { size: packet.len() });
        };
        if packet.len() != Self::PACKET {
            return Err(InvalidFrame::Packet { size: packet.len() });
        }
        let raw = u32::from_le_bytes([a, b, c, d]);
        if raw & Self::ERROR_FLAG != 0 {
            return Err(InvalidFrame::Error { class: raw & Self::MAX_EXTENDED });
        }
        if raw & Self::REMOTE_FLAG != 0 {
            return Err(InvalidFrame::Remote);
        }
        let data = data.get(..usize::from(length)).ok_or(InvalidFrame::Length { length: length.into() })?;
        let id = if raw & Self::EXTENDED_FLAG == 0 {
            let out_of_range = InvalidFrame::Id { id: raw, max: Self::MAX_STANDARD };
            Id::Standard(u16::try_from(raw).map_err(|_| out_of_range)?)
        } else {
            Id::Extended(raw & Self::MAX_EXTENDED)
        };
        Self::new(id, data)
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}#", self.id)?;
        self.data().iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prints_as_candump_does() {
        let frame = Frame::new(Id::Extended(0x029C_3FF0), &[0, 7, 0xA1, 0x20]).unwrap();
        assert_eq!(format!("{frame:?}"), "029C3FF0#0007A120");
        assert_eq!(format!("{:?}", Frame::new(Id::Standard(0x12), &[]).unwrap()), "012#");
    }

    #[test]
    fn what_is_no_data_frame_is_named() {
        let mut packet = Frame::extended(5, [1; 8]).to_packet();
        assert_eq!(Frame::from_packet(&packet[..15]), Err(InvalidFrame::Packet { size: 15 }));
        packet[4] = 9;
        assert_eq!(Frame::from_packet(&packet), Err(InvalidFrame::Length { length: 9 }));
        packet[3] |= 0x40;
        assert_eq!(Frame::from_packet(&packet), Err(InvalidFrame::Remote));
        packet[3] |= 0x20;
        assert_eq!(Frame::from_packet(&packet), Err(InvalidFrame::Error { class: 5 }));
        assert!(Frame::new(Id::Standard(0x800), &[]).is_err());
        assert!(Frame::new(Id::Extended(0x2000_0000), &[]).is_err());
        assert!(Frame::new(Id::Standard(1), &[0; 9]).is_err());
    }

    proptest! {
        #[test]
        fn frames_survive_the_packet(id in 0_u32..=Frame::MAX_EXTENDED, data in proptest::collection::vec(any::<u8>(), 0..=8)) {
            let frame = Frame::new(Id::Extended(id), &data).unwrap();
            prop_assert_eq!(Frame::from_packet(&frame.to_packet()), Ok(frame));
        }

        #[test]
        fn any_packet_is_a_frame_or_an_error(packet: Vec<u8>) {
            let _ = Frame::from_packet(&packet);
        }
    }
}
