//! controller

fn main() {}
