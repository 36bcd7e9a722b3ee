//! Tests of the SCC, grouped as the manual's chapters.

mod asynchronous;
mod bench;
mod interrupts;
mod localtalk_dialogs;
mod properties;
mod sdlc_receive;
mod sdlc_transmit;
