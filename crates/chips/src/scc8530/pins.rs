//! The pins: modem control, SYNC, and the request functions ("I/O Interface Capabilities").

use super::registers::{
    AUTO_ENABLES, CTS, DCD, DTR, DTR_IS_REQUEST, HUNT, Mode, RTS, WAIT_IS_REQUEST, WAIT_ON_RECEIVE,
    WAIT_REQUEST_ENABLE,
};
use super::{Channel, Scc, Unit};
use clock::Ticks;

impl Scc {
    /// Sets the DCD input: `active` is what bit 3 of RR0 shows. The mouse toggles it.
    pub fn set_dcd(&mut self, now: Ticks, channel: Channel, active: bool) {
        self.set_input(now, channel, DCD, active);
    }

    /// Sets the CTS input: `active` is what bit 5 of RR0 shows.
    pub fn set_cts(&mut self, now: Ticks, channel: Channel, active: bool) {
        self.set_input(now, channel, CTS, active);
    }

    fn set_input(&mut self, now: Ticks, channel: Channel, bit: u8, active: bool) {
        self.catch_up(now);
        let unit = self.unit(channel);
        unit.external_change(bit, active);
        unit.resume_transmitter(now);
    }

    /// Sets the SYNC input: `active` is what bit 4 of RR0 shows in the asynchronous mode. A Macintosh leaves the pin open.
    pub fn set_sync(&mut self, now: Ticks, channel: Channel, active: bool) {
        self.catch_up(now);
        let unit = self.unit(channel);
        unit.sync = active;
        if unit.mode() == Mode::Asynchronous {
            unit.external_change(HUNT, active);
        }
    }

    /// Whether RTS is active (low). "When Auto Enables is set" it stays active in the asynchronous mode until all is sent.
    pub fn rts(&self, channel: Channel) -> bool {
        let unit = self.unit_ref(channel);
        let held =
            unit.rts_held && unit.wr[3] & AUTO_ENABLES != 0 && unit.mode() == Mode::Asynchronous;
        unit.wr[5] & RTS != 0 || held && !unit.transmitter.all_sent()
    }

    /// Whether DTR/REQ is active (low): bit 7 of WR5, or with bit 2 of WR14 a request for the transmit buffer.
    pub fn dtr(&self, channel: Channel) -> bool {
        let unit = self.unit_ref(channel);
        if unit.wr[14] & DTR_IS_REQUEST != 0 {
            unit.transmitter.buffer_empty()
        } else {
            unit.wr[5] & DTR != 0
        }
    }

    /// Whether W/REQ is active (low) as a request. As "wait" it is only active during an access that has to wait, and a Macintosh does
    /// not make its CPU wait for it; between accesses that is never.
    pub fn wait_request(&self, channel: Channel) -> bool {
        let unit = self.unit_ref(channel);
        let chosen = WAIT_REQUEST_ENABLE | WAIT_IS_REQUEST;
        if unit.wr[1] & chosen != chosen {
            return false;
        }
        if unit.wr[1] & WAIT_ON_RECEIVE != 0 {
            !unit.receiver.fifo.is_empty() && !unit.receiver.fifo.is_locked()
        } else {
            unit.transmitter.buffer_empty()
        }
    }
}

impl Unit {
    /// What kept the transmitter from sending may be over.
    pub(super) fn resume_transmitter(&mut self, now: Ticks) {
        if !self.transmitter.is_marking() || !self.transmitter_on() {
            return;
        }
        match self.mode() {
            Mode::Sdlc => self.load(now),
            Mode::Asynchronous => self.start_character(now),
            Mode::OtherSynchronous => {}
        }
    }
}
