//! Log pages: what the mechanics have counted (SCSI-2, 8.2.6, 8.2.7, 8.3.2 and 10.3.2).

use super::commands::Activity;
use super::descriptor::number;
use super::sense::{Sense, code};
use super::{Counters, Drive};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const SUPPORTED: u8 = 0x00;
const BUFFER_RUN: u8 = 0x01;
const WRITE_ERRORS: u8 = 0x02;
const READ_ERRORS: u8 = 0x03;
const NON_MEDIUM: u8 = 0x06;

/// Parameter control byte: the drive does not save the parameter (DS), keeps no threshold (ETC) and counts in binary.
const CONTROL: u8 = 0x40;
/// Bytes processed need eight bytes, other counts four.
const BYTES_PROCESSED: u16 = 5;

/// Page control (SCSI-2, table 39).
mod control {
    pub const CUMULATIVE: u8 = 1;
    pub const DEFAULT_THRESHOLD: u8 = 2;
    pub const DEFAULT_CUMULATIVE: u8 = 3;
}

/// A parameter: its page and its code.
type Key = (u8, u16);

/// What LOG SELECT has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Log {
    /// Errors that were not the medium's: on the bus.
    pub non_medium: u64,
    /// What is added to a counter, modulo 2^64.
    offsets: BTreeMap<Key, u64>,
    thresholds: BTreeMap<Key, u64>,
}

/// The counters of a page by parameter code, as the mechanics have counted.
fn counted(page: u8, counters: &Counters, log: &Log) -> Vec<(u16, u64)> {
    match page {
        // Table 73: basis 0 undefined, cause 2 (transfer rate too slow), type 0 under-run.
        BUFFER_RUN => vec![(0x0004, counters.underruns)],
        // Table 74. A block is written again further on without stopping the tape: no substantial delay.
        WRITE_ERRORS => vec![
            (0, counters.rewritten),
            (1, 0),
            (2, counters.rewrites),
            (3, counters.rewritten),
            (4, counters.rewrites),
            (BYTES_PROCESSED, counters.bytes_written),
            (6, counters.bad - counters.unreadable),
        ],
        READ_ERRORS => vec![
            (0, 0),
            (1, 0),
            (2, counters.rereads),
            (3, 0),
            (4, counters.rereads),
            (BYTES_PROCESSED, counters.bytes_read),
            (6, counters.unreadable),
        ],
        NON_MEDIUM => vec![(0, log.non_medium)],
        _ => Vec::new(),
    }
}

fn width(page: u8, parameter: u16) -> usize {
    if [WRITE_ERRORS, READ_ERRORS].contains(&page) && parameter == BYTES_PROCESSED {
        8
    } else {
        4
    }
}

/// The largest value of so many bytes: a threshold that is never met.
fn largest(width: usize) -> u64 {
    u64::MAX >> (64 - 8 * width)
}

impl Drive {
    /// The parameters of a page with their values under a page control.
    fn log_values(&self, page: u8, control: u8) -> Vec<(u16, u64)> {
        let parameters = counted(page, &self.transport.counters, &self.log);
        let value = |(parameter, count): (u16, u64)| {
            let key = (page, parameter);
            let largest = largest(width(page, parameter));
            let value = match control {
                control::CUMULATIVE => {
                    let offset = self.log.offsets.get(&key).copied().unwrap_or(0);
                    // Counters stop at their largest value (8.3.2).
                    count.wrapping_add(offset).min(largest)
                }
                control::DEFAULT_CUMULATIVE => 0,
                control::DEFAULT_THRESHOLD => largest,
                _ => self.log.thresholds.get(&key).copied().unwrap_or(largest),
            };
            (parameter, value)
        };
        parameters.into_iter().map(value).collect()
    }

    /// LOG SENSE. Nothing is saved (SP), and parameters are given whether they have changed or not (PPC).
    pub(super) fn log_sense(&mut self, cdb: &[u8]) -> Activity {
        let (control, page) = (cdb[2] >> 6, cdb[2] & 0x3F);
        let pointer = number(&cdb[5..7]) as u16;
        let wrong = Sense::illegal(code::FIELD_IN_CDB);
        let mut data = Vec::new();
        if cdb[1] & 3 != 0 {
            return self.check(wrong);
        } else if page == SUPPORTED && pointer == 0 {
            data.push(SUPPORTED);
            data.extend(&self.abilities.log_pages);
        } else if self.abilities.log_pages.contains(&page) {
            for (parameter, value) in self.log_values(page, control) {
                if parameter < pointer {
                    continue;
                }
                let width = width(page, parameter);
                data.extend(parameter.to_be_bytes());
                data.extend([CONTROL, width as u8]);
                data.extend(&value.to_be_bytes()[8 - width..]);
            }
        }
        if data.is_empty() {
            return self.check(wrong);
        }
        let [high, low] = (data.len() as u16).to_be_bytes();
        data.splice(..0, [page, 0, high, low]);
        Activity::send(&data, number(&cdb[7..9]) as usize)
    }

    /// LOG SELECT with its parameter list, which may be empty.
    ///
    /// # Errors
    /// What the list or its control names that cannot be set; nothing changes.
    pub(super) fn log_select(&mut self, cdb: &[u8], list: &[u8]) -> Result<(), Sense> {
        let (reset, save) = (cdb[1] & 2 != 0, cdb[1] & 1 != 0);
        let control = cdb[2] >> 6;
        let wrong = Sense::illegal(code::FIELD_IN_CDB);
        if save || (!list.is_empty() && (reset || control > control::CUMULATIVE)) {
            return Err(wrong);
        }
        if reset || (list.is_empty() && control == control::DEFAULT_CUMULATIVE) {
            self.zero_log();
        }
        if reset || (list.is_empty() && control == control::DEFAULT_THRESHOLD) {
            self.log.thresholds.clear();
        }
        let changes = self.log_list(list)?;
        for ((page, parameter), value) in changes {
            if control == control::CUMULATIVE {
                let counts = counted(page, &self.transport.counters, &self.log);
                let count = counts.iter().find(|(code, _)| *code == parameter);
                let offset = value.wrapping_sub(count.map_or(0, |(_, count)| *count));
                self.log.offsets.insert((page, parameter), offset);
            } else {
                self.log.thresholds.insert((page, parameter), value);
            }
        }
        self.attend_others(code::LOG_CHANGED);
        Ok(())
    }

    fn zero_log(&mut self) {
        for &page in &self.abilities.log_pages {
            for (parameter, count) in counted(page, &self.transport.counters, &self.log) {
                let offset = 0_u64.wrapping_sub(count);
                self.log.offsets.insert((page, parameter), offset);
            }
        }
    }

    /// The parameters a list of LOG SELECT sets.
    fn log_list(&self, mut list: &[u8]) -> Result<Vec<(Key, u64)>, Sense> {
        let short = || Sense::illegal(code::LIST_LENGTH);
        let wrong = || Sense::illegal(code::FIELD_IN_LIST);
        let mut changes = Vec::new();
        while !list.is_empty() {
            let (header, rest) = list.split_at_checked(4).ok_or_else(short)?;
            let page = header[0];
            if header[1] != 0 || !self.abilities.log_pages.contains(&page) {
                return Err(wrong());
            }
            let (mut parameters, rest) = rest
                .split_at_checked(number(&header[2..4]) as usize)
                .ok_or_else(short)?;
            let known = self.log_values(page, control::CUMULATIVE);
            while !parameters.is_empty() {
                let (header, rest) = parameters.split_at_checked(4).ok_or_else(short)?;
                let parameter = number(&header[..2]) as u16;
                let width = width(page, parameter);
                let exists = known.iter().any(|(code, _)| *code == parameter);
                if !exists || header[2] != CONTROL || usize::from(header[3]) != width {
                    return Err(wrong());
                }
                let (value, rest) = rest.split_at_checked(width).ok_or_else(short)?;
                let value = value
                    .iter()
                    .fold(0, |sum, &byte| sum << 8 | u64::from(byte));
                changes.push(((page, parameter), value));
                parameters = rest;
            }
            list = rest;
        }
        Ok(changes)
    }
}
