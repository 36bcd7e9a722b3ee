use clock::{Stream, Ticks};
use serde::{Deserialize, Serialize};

/// What is known of a model of drive.
///
/// [`DiskProfile::figures`] says which figures were published and which are assumed; the lab may sweep them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiskProfile {
    /// INQUIRY vendor identification, up to 8 characters.
    pub vendor: String,
    /// INQUIRY product identification, up to 16 characters.
    pub product: String,
    /// INQUIRY revision, up to 4 characters.
    pub revision: String,
    /// Cylinders.
    pub cylinders: u32,
    /// Heads.
    pub heads: u32,
    /// Sectors on a track.
    pub sectors: u32,
    /// How many sectors further on the track the next logical block lies; must have no divisor in common with
    /// `sectors`.
    pub interleave: u32,
    /// Revolutions a minute.
    pub rpm: u32,
    /// Seek to the next cylinder, in microseconds.
    pub seek_track_us: u64,
    /// Average seek (a third of the cylinders), in microseconds.
    pub seek_average_us: u64,
    /// Seek over all cylinders, in microseconds.
    pub seek_full_us: u64,
    /// Change to another head, in microseconds.
    pub head_switch_us: u64,
    /// From the last command byte until the drive acts, in microseconds.
    pub overhead_us: u64,
    /// The part of the overhead that varies at random, in microseconds, in addition.
    pub overhead_jitter_us: u64,
    /// Whole blocks its buffer holds.
    pub buffer_blocks: u32,
    /// Asynchronous transfer rate of the bus interface, in bytes a second.
    pub bytes_per_second: u64,
    /// From START UNIT until ready, in milliseconds. Power-on is without delay: the drive stands in a case of its own
    /// and was switched on before.
    pub spin_up_ms: u64,
}

impl DiskProfile {
    /// Seagate ST225N, the 20 Mbyte drive of the Apple Hard Disk 20SC.
    ///
    /// 615 cylinders, 4 heads, 17 sectors, 3600 rpm, 65 ms average seek: figures of the ST-225 family
    /// (redhill.net.au, os2museum.com). An interleave of 3 is what suits a Macintosh Plus.
    pub fn st225n() -> DiskProfile {
        DiskProfile {
            vendor: "SEAGATE".into(),
            product: "ST225N".into(),
            revision: "1.00".into(),
            cylinders: 615,
            heads: 4,
            sectors: 17,
            interleave: 3,
            rpm: 3600,
            seek_track_us: 20_000,
            seek_average_us: 65_000,
            seek_full_us: 150_000,
            head_switch_us: 1_000,
            overhead_us: 2_000,
            overhead_jitter_us: 500,
            buffer_blocks: 2,
            bytes_per_second: 1_250_000,
            spin_up_ms: 15_000,
        }
    }

    /// Quantum ProDrive 40S, the 40 Mbyte drive of the Macintosh SE and the Hard Disk 40SC.
    ///
    /// 834 cylinders, 3 heads, 2.0 Mbyte/s asynchronous (ProDrive 40S/80S product manual); 82332 blocks on a drive
    /// read out (quorten.github.io), hence 33 sectors on a track, taken as the same on all.
    pub fn prodrive_40s() -> DiskProfile {
        DiskProfile {
            vendor: "QUANTUM".into(),
            product: "CTS40S".into(),
            revision: "4.07".into(),
            cylinders: 834,
            heads: 3,
            sectors: 33,
            interleave: 1,
            rpm: 3662,
            seek_track_us: 6_000,
            seek_average_us: 19_000,
            seek_full_us: 35_000,
            head_switch_us: 1_000,
            overhead_us: 1_000,
            overhead_jitter_us: 300,
            buffer_blocks: 64,
            bytes_per_second: 2_000_000,
            spin_up_ms: 12_000,
        }
    }

    /// Logical blocks of the geometry.
    pub fn blocks(&self) -> u32 {
        self.cylinders * self.heads * self.sectors
    }

    /// Time of one revolution.
    pub fn revolution(&self) -> Ticks {
        Ticks::at_rate(60, u64::from(self.rpm))
    }

    /// Time for the arm to go `distance` cylinders: like the square root of the distance up to the average seek,
    /// where acceleration dominates, and linear beyond. The shape is an inference; it meets the three published
    /// points.
    pub fn seek(&self, distance: u32) -> Ticks {
        let (track, average, full) = (self.seek_track_us, self.seek_average_us, self.seek_full_us);
        let distance = u64::from(distance);
        let third = u64::from(self.cylinders / 3).max(2);
        let last = u64::from(self.cylinders.saturating_sub(1)).max(third + 1);
        let us = match distance {
            0 => 0,
            d if d <= third => {
                // Square roots in 1/1024 of a cylinder, so that short seeks keep their differences.
                let root = ((d - 1) << 20).isqrt();
                track + average.saturating_sub(track) * root / ((third - 1) << 20).isqrt()
            }
            d => average + full.saturating_sub(average) * (d - third) / (last - third),
        };
        Ticks::from_micros(us)
    }
}

/// Arm and spindle: where the heads are, and when a sector passes under them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mechanics {
    cylinder: u32,
    head: u32,
    /// Where the index mark was at time zero, as a time into a revolution.
    phase: Ticks,
}

impl Mechanics {
    /// Heads over cylinder 0, the spindle at a random angle.
    pub fn new(profile: &DiskProfile, random: &mut Stream) -> Mechanics {
        Mechanics {
            cylinder: 0,
            head: 0,
            phase: random.ticks_below(profile.revolution()),
        }
    }

    /// Moves the heads to the track of block `number`, beginning at `at`; returns when they are there.
    pub fn seek(&mut self, profile: &DiskProfile, at: Ticks, number: u32) -> Ticks {
        let track = number / profile.sectors;
        let (cylinder, head) = (track / profile.heads, track % profile.heads);
        let time = if cylinder != self.cylinder {
            profile.seek(cylinder.abs_diff(self.cylinder))
        } else if head != self.head {
            Ticks::from_micros(profile.head_switch_us)
        } else {
            Ticks::ZERO
        };
        (self.cylinder, self.head) = (cylinder, head);
        at + time
    }

    /// When block `number` has passed under the heads as a whole, if they are free at `at`: seek, rotation, one
    /// sector time.
    pub fn pass(&mut self, profile: &DiskProfile, at: Ticks, number: u32) -> Ticks {
        let on_track = self.seek(profile, at, number);
        let revolution = profile.revolution().0;
        let sectors = u64::from(profile.sectors);
        let place = u64::from(number % profile.sectors) * u64::from(profile.interleave) % sectors;
        let begins = place * revolution / sectors;
        let ends = (place + 1) * revolution / sectors;
        let angle = (on_track.0 + self.phase.0) % revolution;
        let wait = (begins + revolution - angle) % revolution;
        on_track + Ticks(wait + (ends - begins))
    }
}
