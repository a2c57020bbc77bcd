//! The charger's matching machine.
