//! keyboard.
