//! Worlds of machines on one cable: scenarios, verdicts, record and replay.

pub mod catalogue;
mod documents;
pub mod fixes;
pub mod parameters;
pub mod profiles;
pub mod scenario;
pub mod verdict;
