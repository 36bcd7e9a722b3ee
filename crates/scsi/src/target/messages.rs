//! MESSAGE IN and MESSAGE OUT (SCSI-2, 6.1.9, 6.5, 6.6).

use super::{State, TargetPort, Then};
use crate::{BusError, Device, Lines, Phase, ResetCause, Signals, message};
use clock::Ticks;
use serde::{Deserialize, Serialize};
use trace::Tracer;

/// A message to the target, as far as it has arrived (6.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Message {
    first: u8,
    have: u8,
    left: u8,
}

impl Message {
    /// Adds a byte.
    pub fn push(&mut self, byte: u8) {
        match self.have {
            0 => {
                self.first = byte;
                self.left =
                    u8::from(byte == message::EXTENDED || message::TWO_BYTE.contains(&byte));
            }
            1 if self.first == message::EXTENDED => self.left = byte,
            _ => self.left = self.left.saturating_sub(1),
        }
        self.have = self.have.saturating_add(1);
    }
}

impl<D: Device> TargetPort<D> {
    /// Sends the message that `then` stands for.
    pub(super) fn tell(&mut self, at: Ticks, then: Then) {
        self.then = then;
        self.sending = match then {
            Then::Restore => message::RESTORE_POINTERS,
            Then::Save => message::SAVE_DATA_POINTER,
            Then::Disconnect => message::DISCONNECT,
            Then::Identify => message::IDENTIFY | self.lun,
            _ => message::COMMAND_COMPLETE,
        };
        self.enter(at, Phase::MessageIn);
    }

    /// A message to the initiator has been acknowledged.
    pub(super) fn message_given(&mut self, at: Ticks, lines: Lines, tracer: &mut Tracer) {
        self.told = Some((self.sending, self.then));
        let next = match self.then {
            // A rejection was sent instead of what was to be done.
            then if self.sending == message::MESSAGE_REJECT => then,
            Then::Complete => Then::BusFree,
            Then::Restore => Then::Status(self.status),
            Then::Save => Then::Disconnect,
            Then::Disconnect => Then::Suspend,
            Then::Identify => Then::Data,
            then => then,
        };
        self.proceed(at, next, lines, tracer);
    }

    /// The handshake of a message byte is over.
    pub(super) fn message_byte_taken(&mut self, at: Ticks, lines: Lines, tracer: &mut Tracer) {
        if self.bad_parity {
            // 6.1.9.2: the rest is taken too; REQ once more in the same phase after ATN has become false asks for all bytes again.
            if !lines.has(Signals::ATN) {
                self.bad_parity = false;
                self.message = Message::default();
            }
        } else if self.message.left == 0 {
            let first = std::mem::take(&mut self.message).first;
            self.message_received(at, first, lines, tracer);
            return;
        }
        self.state = State::Next;
        self.pace(at);
    }

    /// A whole message to the target has arrived; `first` is its first byte.
    fn message_received(&mut self, at: Ticks, first: u8, lines: Lines, tracer: &mut Tracer) {
        match first {
            message::ABORT => return self.abort(at, tracer),
            message::BUS_DEVICE_RESET => return self.reset(at, ResetCause::Message, tracer),
            message::NO_OPERATION => {}
            message::MESSAGE_REJECT => match self.told {
                // Without the initiator's consent there is no disconnection: the device waits on the bus.
                Some((message::SAVE_DATA_POINTER | message::DISCONNECT, _)) => {
                    self.may_disconnect = false;
                    self.then = Then::Data;
                }
                // 6.6.14: an initiator that does not know the nexus; it cannot be served.
                Some((message::IDENTIFY.., _)) => return self.unexpected_bus_free(at, tracer),
                _ => {}
            },
            message::INITIATOR_DETECTED_ERROR => match self.then {
                Then::Data | Then::Save | Then::Disconnect | Then::Suspend => {
                    self.fail(at, BusError::InitiatorDetected, tracer);
                    self.then = Then::Data;
                }
                // The status byte was damaged: it is sent again.
                Then::Complete => self.then = Then::Restore,
                _ => {}
            },
            message::MESSAGE_PARITY_ERROR => {
                if let Some((byte, then)) = self.told {
                    self.sending = byte;
                    self.then = then;
                    self.enter(at, Phase::MessageIn);
                    return;
                }
            }
            message::DISCONNECT if self.then == Then::Data && self.begun && self.may_disconnect => {
                self.resume = Ticks::ZERO;
                self.then = if self.unsaved {
                    Then::Save
                } else {
                    Then::Disconnect
                };
                self.unsaved = false;
            }
            // Target routines and reserved bits are refused (6.6.7).
            message::IDENTIFY.. if first & 0x38 == 0 => {
                let lun = first & 7;
                if self.identified && lun != self.lun {
                    // 6.6.7: another unit in the same connection.
                    return self.unexpected_bus_free(at, tracer);
                }
                self.lun = lun;
                self.identified = true;
                self.may_disconnect = first & message::DISCONNECT_PRIVILEGE != 0;
            }
            _ => {
                self.sending = message::MESSAGE_REJECT;
                self.enter(at, Phase::MessageIn);
                return;
            }
        }
        // Another message while ATN stays true, otherwise what was to be done.
        if lines.has(Signals::ATN) {
            self.state = State::Next;
            self.pace(at);
        } else {
            self.proceed(at, self.then, lines, tracer);
        }
    }

    /// ABORT: bus free, and the command of this nexus is forgotten, connected or not (6.6.1).
    fn abort(&mut self, at: Ticks, tracer: &mut Tracer) {
        let waiting = self.identified
            && self
                .suspended
                .as_ref()
                .is_some_and(|other| other.is_of(self.initiator, self.lun));
        if waiting {
            self.suspended = None;
        }
        if self.begun || waiting {
            self.device.abort(at, tracer);
            self.wake = self.device.wake();
        }
        self.leave(at);
    }
}
