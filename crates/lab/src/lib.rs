//! Worlds of machines on LocalTalk cables: scenarios, verdicts, record and replay.

mod capture;
pub mod case;
pub mod catalogue;
mod documents;
pub mod faults;
pub mod fixes;
pub mod host;
pub mod inputs;
mod keep;
pub mod live;
pub mod network;
pub mod outcome;
pub mod parameters;
pub mod profiles;
pub mod run;
pub mod scenario;
mod serial;
pub mod snapshot;
pub mod verdict;
mod volume;
pub mod world;
