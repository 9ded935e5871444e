//! The program: arguments, configuration, wiring, run, drain.

fn main() {}
