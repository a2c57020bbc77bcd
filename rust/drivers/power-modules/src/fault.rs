//! What can ail a module, in one vocabulary for all vendors.

use std::fmt;

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $bit:literal, $code:literal, $severity:ident;)*) => {
        /// What can ail a module.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Fault { $($(#[$doc])* $name = $bit,)* }

        impl Fault {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in events and logs.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Whether the module cannot be counted on while it has this. What is no more than a nuisance does not
            /// take a module out of a charge.
            pub const fn disables(self) -> bool {
                match self { $(Self::$name => faults!(@ $severity),)* }
            }
        }
    };
    (@ stop) => { true };
    (@ warn) => { false };
}

faults! {
    /// The module says that something in it is broken.
    Hardware = 0, "hardware", stop;
    /// Too hot: switched off by itself.
    OverTemperature = 1, "over_temperature", stop;
    /// Too cold.
    UnderTemperature = 2, "under_temperature", stop;
    /// Too little mains voltage.
    UnderVoltageAc = 3, "under_voltage_ac", stop;
    /// Too much mains voltage.
    OverVoltageAc = 4, "over_voltage_ac", stop;
    /// Too little output voltage.
    UnderVoltageDc = 5, "under_voltage_dc", stop;
    /// Too much output voltage.
    OverVoltageDc = 6, "over_voltage_dc", stop;
    /// Too much mains current.
    OverCurrentAc = 7, "over_current_ac", stop;
    /// Too much output current.
    OverCurrentDc = 8, "over_current_dc", stop;
    /// The output is shorted.
    ShortCircuit = 9, "short_circuit", stop;
    /// A mains phase is missing.
    PhaseLoss = 10, "phase_loss", stop;
    /// The mains phases differ.
    PhaseImbalance = 11, "phase_imbalance", warn;
    /// A fan does not turn.
    Fan = 12, "fan", stop;
    /// A fuse is blown.
    Fuse = 13, "fuse", stop;
    /// Two modules have one address: a set-point for one is taken by both.
    DuplicateAddress = 14, "duplicate_address", stop;
    /// The parts of the module do not hear each other.
    InternalComms = 15, "internal_comms", stop;
    /// The module protects itself, for a reason that it does not tell.
    Protection = 16, "protection", stop;
    /// The output does not discharge as it should.
    Discharge = 17, "discharge", stop;
    /// Parallel modules do not share their load evenly.
    LoadSharing = 18, "load_sharing", warn;
    /// Less power than rated, for heat or low mains.
    Derated = 19, "derated", warn;
    /// The input mode does not fit the mains.
    InputMode = 20, "input_mode", stop;
    /// Another error of the vendor's own list.
    VendorError = 21, "vendor_error", stop;
    /// Another warning of the vendor's own list.
    VendorWarning = 22, "vendor_warning", warn;
}

/// A set of faults.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Faults(u32);

impl Faults {
    /// No fault.
    pub const NONE: Self = Self(0);

    /// Adds one.
    pub const fn insert(&mut self, fault: Fault) {
        self.0 |= 1 << fault as u32;
    }

    /// Whether it is in there.
    pub const fn contains(self, fault: Fault) -> bool {
        self.0 & (1 << fault as u32) != 0
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether any of them takes the module out.
    pub fn disable(self) -> bool {
        self.iter().any(Fault::disables)
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Fault> {
        Fault::ALL.iter().copied().filter(move |fault| self.contains(*fault))
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        let mut set = Self::NONE;
        faults.into_iter().for_each(|fault| set.insert(fault));
        set
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_own_bit_and_name() {
        let all: Faults = Fault::ALL.iter().copied().collect();
        assert_eq!(all.iter().count(), Fault::ALL.len());
        let mut codes: Vec<_> = Fault::ALL.iter().map(|fault| fault.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Fault::ALL.len());
    }

    #[test]
    fn a_nuisance_does_not_take_a_module_out() {
        assert!(!Faults::from_iter([Fault::Derated, Fault::LoadSharing]).disable());
        assert!(Faults::from_iter([Fault::Derated, Fault::Fan]).disable());
    }
}
