//! mcu-link
