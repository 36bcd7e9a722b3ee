//! placeholder
use clock::Ticks;
use localtalk::Cable;
use serde::{Deserialize, Serialize};
use trace::Tracer;
pub struct Load {
    pub clients: u8,
    pub server: String,
    pub start: Ticks,
    pub interval: Ticks,
    pub body: u16,
    pub retry: Ticks,
    pub retries: u8,
}
#[derive(Debug, Serialize, Deserialize)]
pub struct MailClients;
impl MailClients {
    pub fn new(_: Load, _: u8, _: u64) -> MailClients {
        MailClients
    }
    pub fn stations(&self) -> u8 {
        0
    }
    pub fn advance(&mut self, _: Ticks, _: &mut Cable, _: &mut Tracer) {}
}
