//! The charger's session engine.
