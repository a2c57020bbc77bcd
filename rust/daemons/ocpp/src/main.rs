//! ocpp

fn main() {}
