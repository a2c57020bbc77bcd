//! hmi

fn main() {}
