use crate::Ticks;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// The event sources of one agenda, in the order in which they run when they are due at the same tick.
pub trait Slot: Copy + 'static {
    /// Every slot; its place in this list breaks ties.
    const ALL: &'static [Self];
    /// The place of this slot in [`Slot::ALL`].
    fn index(self) -> usize;
}

/// When each event source of a machine is next due.
///
/// One entry per slot. Entries that fall on the same tick come out in the order of [`Slot::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agenda<S> {
    due: Vec<Ticks>,
    next: Ticks,
    #[serde(skip)]
    slots: PhantomData<fn() -> S>,
}

impl<S: Slot> Default for Agenda<S> {
    fn default() -> Self {
        Agenda {
            due: vec![Ticks::NEVER; S::ALL.len()],
            next: Ticks::NEVER,
            slots: PhantomData,
        }
    }
}

impl<S: Slot> Agenda<S> {
    /// Makes `slot` due at `at`; [`Ticks::NEVER`] takes it off the agenda.
    pub fn set(&mut self, slot: S, at: Ticks) {
        let entry = &mut self.due[slot.index()];
        if *entry == at {
            return;
        }
        let was_next = *entry == self.next;
        *entry = at;
        if at < self.next {
            self.next = at;
        } else if was_next {
            self.next = self.due.iter().copied().min().unwrap_or(Ticks::NEVER);
        }
    }

    /// The time of the earliest entry, or [`Ticks::NEVER`].
    pub fn next(&self) -> Ticks {
        self.next
    }

    /// Takes the first entry due at or before `now` off the agenda.
    pub fn pop(&mut self, now: Ticks) -> Option<(S, Ticks)> {
        if self.next > now {
            return None;
        }
        let at = self.next;
        let place = self.due.iter().position(|&due| due == at)?;
        let slot = S::ALL[place];
        self.set(slot, Ticks::NEVER);
        Some((slot, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Source {
        First,
        Second,
        Third,
    }
    impl Slot for Source {
        const ALL: &'static [Self] = &[Source::First, Source::Second, Source::Third];
        fn index(self) -> usize {
            self as usize
        }
    }

    #[test]
    fn entries_of_one_tick_come_out_in_slot_order() {
        let mut agenda = Agenda::default();
        agenda.set(Source::Third, Ticks(5));
        agenda.set(Source::Second, Ticks(7));
        agenda.set(Source::First, Ticks(7));
        assert_eq!(agenda.pop(Ticks(4)), None);
        assert_eq!(agenda.pop(Ticks(9)), Some((Source::Third, Ticks(5))));
        assert_eq!(agenda.pop(Ticks(9)), Some((Source::First, Ticks(7))));
        assert_eq!(agenda.pop(Ticks(9)), Some((Source::Second, Ticks(7))));
        assert_eq!(agenda.next(), Ticks::NEVER);
    }

    #[test]
    fn moving_the_earliest_entry_later_finds_the_new_earliest() {
        let mut agenda = Agenda::default();
        agenda.set(Source::First, Ticks(5));
        agenda.set(Source::Second, Ticks(6));
        agenda.set(Source::First, Ticks(10));
        assert_eq!(agenda.next(), Ticks(6));
    }
}
