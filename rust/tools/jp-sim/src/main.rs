//! jp-sim

fn main() {}
