//! What a person at the station sees: a line a step, progress within it, PASS or FAIL at the end.

use std::{
    io::{IsTerminal as _, Write},
    time::Instant,
};

use crate::Failure;

/// Where the steps are told.
pub struct Steps<'a> {
    out: &'a mut dyn Write,
    live: bool,
    number: usize,
    of: usize,
}

impl std::fmt::Debug for Steps<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Steps({}/{})", self.number, self.of)
    }
}

impl<'a> Steps<'a> {
    /// Tells so many steps.
    pub fn new(out: &'a mut dyn Write, of: usize) -> Self {
        Self { out, live: std::io::stdout().is_terminal(), number: 0, of }
    }

    /// Does one step: `work` gets how to tell progress, and gives what is worth telling of it.
    pub fn step<T>(
        &mut self,
        name: &str,
        work: impl FnOnce(&mut dyn FnMut(u64, u64)) -> Result<(T, String), Failure>,
    ) -> Result<T, Failure> {
        self.number = self.number.saturating_add(1);
        let (number, of, live) = (self.number, self.of, self.live);
        let started = Instant::now();
        let out = &mut *self.out;
        let mut told = 0;
        let mut progress = |done: u64, total: u64| {
            let percent = done.saturating_mul(100).checked_div(total).unwrap_or(100);
            // A terminal is told each per cent, a log each quarter.
            let mark = if live { percent } else { percent / 25 * 25 };
            if mark > told && percent < 100 {
                told = mark;
                let _ = if live {
                    write!(out, "\r{number:>2}/{of} {name:<13} {percent:3} %")
                } else {
                    writeln!(out, "{number:>2}/{of} {name:<13} {mark:3} %")
                };
                let _ = out.flush();
            }
        };
        let done = work(&mut progress);
        let seconds = started.elapsed().as_secs_f64();
        let start = if live { "\r\x1b[K" } else { "" };
        let _ = match &done {
            Ok((_, detail)) => writeln!(self.out, "{start}{number:>2}/{of} {name:<13} ok {seconds:6.1} s  {detail}"),
            Err(_) => writeln!(self.out, "{start}{number:>2}/{of} {name:<13} FAILED after {seconds:.1} s"),
        };
        done.map(|(value, _)| value)
    }
}
