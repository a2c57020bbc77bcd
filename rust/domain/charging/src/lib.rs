//! charging
