//! plc

fn main() {}
