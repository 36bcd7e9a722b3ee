//! Arbitration, selection, the busy monitor and bus reset (design manual, sections 7 and 8).

use super::registers::{InitiatorCommand, Mode};
use super::timing::{BUS_FREE_DELAY, BUS_FREE_TO_BSY, BUS_SETTLE};
use super::{Ncr5380, never};
use clock::Ticks;
use scsi::{Lines, Signals};
use serde::{Deserialize, Serialize};

/// How far an arbitration has come (section 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Arbitration {
    /// ARBITRATE is not set.
    #[default]
    Off,
    /// Waiting for bus free.
    Waiting,
    /// BSY and the ID are on the bus.
    InProgress,
    /// Somebody else asserted SEL.
    Lost,
}

impl Ncr5380 {
    /// ARBITRATE was written.
    pub(super) fn set_arbitrate(&mut self, now: Ticks, on: bool, free_since: Ticks, lines: Lines) {
        if !on {
            self.arbitration = Arbitration::Off;
            self.arbitrate_at = Ticks::NEVER;
        } else if self.arbitration == Arbitration::Off {
            self.arbitration = Arbitration::Waiting;
            self.watch_bus_free(now, free_since, lines);
        }
    }

    /// Bus free for 1200 ns starts a waiting arbitration. Once the bus free filter has let it pass, another device's BSY does not stop
    /// it, as the standard's bus set delay allows; a SEL does. (Section 7 gives the times; that the filter is not asked again is inference:
    /// otherwise two chips could not arbitrate at all.)
    pub(super) fn watch_bus_free(&mut self, now: Ticks, free_since: Ticks, lines: Lines) {
        if self.arbitration != Arbitration::Waiting {
            return;
        }
        if !never(free_since) {
            self.arbitrate_at = (free_since + BUS_FREE_TO_BSY).max(now + Ticks(1));
        } else if lines.has(Signals::SEL)
            || never(self.arbitrate_at)
            || now + BUS_FREE_DELAY < self.arbitrate_at
        {
            self.arbitrate_at = Ticks::NEVER;
        }
    }

    /// Loss of arbitration: SEL asserted by another device (6.2).
    pub(super) fn watch_arbitration(&mut self, lines: Lines) {
        let ours = self.icr.contains(InitiatorCommand::ASSERT_SEL);
        if self.arbitration == Arbitration::InProgress && lines.has(Signals::SEL) && !ours {
            self.arbitration = Arbitration::Lost;
        }
    }

    /// SELECTION interrupt (8.1): SEL with an enabled ID, BSY false for a bus settle delay. Reselection is the same, with I/O true. One
    /// selection interrupts once: inference.
    pub(super) fn watch_selection(&mut self, now: Ticks, lines: Lines) {
        let selected = self.select_enable & lines.data != 0
            && lines.signals & (Signals::SEL | Signals::BSY) == Signals::SEL;
        if !selected {
            self.selected_at = Ticks::NEVER;
            self.selection_seen = false;
        } else if never(self.selected_at) && !self.selection_seen {
            self.selected_at = now + BUS_SETTLE;
        }
    }

    /// BSY false for a bus settle delay while it is monitored (8.6).
    pub(super) fn watch_busy(&mut self, now: Ticks, lines: Lines) {
        if !self.mode.contains(Mode::MONITOR_BUSY) || lines.has(Signals::BSY) || self.busy_error {
            self.busy_lost_at = Ticks::NEVER;
        } else if never(self.busy_lost_at) {
            self.busy_lost_at = now + BUS_SETTLE;
        }
    }

    /// An unexpected loss of BSY: the low six bits of the Initiator Command Register and DMA MODE are reset (6.2,
    /// 6.7).
    pub(super) fn busy_lost(&mut self) {
        self.busy_error = true;
        self.irq = true;
        self.icr &= InitiatorCommand::ASSERT_RST | InitiatorCommand::AIP_TEST;
        self.mode.remove(Mode::DMA);
        self.stop_dma();
    }

    /// RST became true, from whoever: everything is reset but the interrupt latch and ASSERT RST (8.3).
    pub(super) fn bus_reset(&mut self) {
        let assert_rst = self.icr & InitiatorCommand::ASSERT_RST;
        self.clear();
        self.icr = assert_rst;
        self.irq = true;
    }
}
