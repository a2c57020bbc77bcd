//! jpctl

fn main() {}
