use super::figures::Figures;
use clock::{Stream, Ticks};
use serde::{Deserialize, Serialize};

/// Arm and spindle: where the heads are, and when a sector passes under them. Sectors are counted in the order of their tracks, those that
/// stand in for defective ones included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mechanics {
    cylinder: u32,
    head: u32,
    /// Where the index mark was at time zero, as a time into a revolution.
    phase: Ticks,
    /// Until then the arm needs so many hundredths of its time.
    slow: Option<(u32, Ticks)>,
    /// Until then the arm does not move.
    stuck_until: Ticks,
}

impl Mechanics {
    /// Heads over cylinder 0, the spindle at a random angle.
    pub fn new(figures: &Figures, random: &mut Stream) -> Mechanics {
        Mechanics {
            cylinder: 0,
            head: 0,
            phase: random.ticks_below(figures.revolution()),
            slow: None,
            stuck_until: Ticks::ZERO,
        }
    }

    /// From now until `until` every seek takes `percent` hundredths of its time.
    pub fn slow_down(&mut self, percent: u32, until: Ticks) {
        self.slow = Some((percent, until));
    }

    /// The arm is stuck until `until`.
    pub fn stick(&mut self, until: Ticks) {
        self.stuck_until = until;
    }

    /// True while the arm is stuck.
    pub fn is_stuck(&self, at: Ticks) -> bool {
        at < self.stuck_until
    }

    /// Moves the heads to the track of sector `number`, beginning at `at`; returns when they are there.
    pub fn seek(&mut self, figures: &Figures, at: Ticks, number: u32) -> Ticks {
        let track = number / figures.sectors;
        let (cylinder, head) = (track / figures.heads, track % figures.heads);
        let mut time = if cylinder != self.cylinder {
            figures.seek(cylinder.abs_diff(self.cylinder))
        } else if head != self.head {
            figures.head_switch
        } else {
            Ticks::ZERO
        };
        if let Some((percent, until)) = self.slow
            && at < until
        {
            time = Ticks(time.0 * u64::from(percent) / 100);
        }
        (self.cylinder, self.head) = (cylinder, head);
        at + time
    }

    /// When sector `number` has passed under the heads as a whole, if they are free at `at`: seek, rotation, one
    /// sector time.
    pub fn pass(&mut self, figures: &Figures, at: Ticks, number: u32) -> Ticks {
        let on_track = self.seek(figures, at, number);
        let revolution = figures.revolution().0;
        let sectors = u64::from(figures.sectors);
        let place = u64::from(number % figures.sectors) * u64::from(figures.interleave) % sectors;
        let begins = place * revolution / sectors;
        let ends = (place + 1) * revolution / sectors;
        let angle = (on_track.0 + self.phase.0) % revolution;
        let wait = (begins + revolution - angle) % revolution;
        on_track + Ticks(wait + (ends - begins))
    }
}
