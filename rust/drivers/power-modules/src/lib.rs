//! power-modules
