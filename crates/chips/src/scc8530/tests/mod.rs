//! Tests of the SCC, grouped as the manual's chapters.

mod bench;
mod interrupts;
mod localtalk_dialogs;
mod sdlc_receive;
mod sdlc_transmit;
