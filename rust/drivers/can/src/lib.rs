//! can
