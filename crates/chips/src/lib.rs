//! bitflags.
