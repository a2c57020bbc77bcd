//! rfid
