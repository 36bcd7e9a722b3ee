//! AppleTalk above LLAP for host-side stations and for decoding.
//!
//! Codecs refuse what is malformed with an error and never panic. The protocols are state machines without a clock of their own:
//! the caller says what time it is, hands in datagrams, and takes out datagrams.
//!
//! Source: *Inside AppleTalk*, second edition, chapters 4 (DDP), 5 (RTMP), 6 (AEP), 7 (NBP), 8 (ZIP), 9 (ATP), 12 (ADSP).

pub mod adsp;
pub mod aep;
pub mod atp;
mod bytes;
pub mod ddp;
pub mod decode;
pub mod mail_client;
pub mod nbp;
mod node;
pub mod router;
pub mod rtmp;
pub mod zip;

pub use bytes::Malformed;
pub use ddp::{Address, Datagram};
pub use node::Node;
