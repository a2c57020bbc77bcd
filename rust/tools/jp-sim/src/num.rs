//! Between the physics' floats and the wires' integers. Only the simulator has floats, and only here they are cast.

/// The nearest integer; out of range it saturates, not-a-number is 0.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, which is what is wanted")]
pub(crate) fn round(value: f64) -> i64 {
    value.round() as i64
}

/// The nearest integer that the type holds.
pub(crate) fn round_to<T: TryFrom<i64> + Bounded>(value: f64) -> T {
    let whole = round(value);
    T::try_from(whole).unwrap_or(if whole < 0 { T::LEAST } else { T::MOST })
}

/// A type's ends.
pub(crate) trait Bounded {
    const LEAST: Self;
    const MOST: Self;
}

macro_rules! bounded {
    ($($int:ty),*) => { $(impl Bounded for $int { const LEAST: Self = Self::MIN; const MOST: Self = Self::MAX; })* };
}
bounded!(u8, u16, i16, u32, i32);

/// An integer as a float; exact for everything that a simulation sees.
#[expect(clippy::cast_precision_loss, reason = "millivolts and milliwatt-hours stay far below 2^52")]
pub(crate) fn float(value: i64) -> f64 {
    value as f64
}

/// A float of the wire's size.
#[expect(clippy::cast_possible_truncation, reason = "the wire has four bytes")]
pub(crate) fn single(value: f64) -> f32 {
    value as f32
}
