//! AppleTalk Echo Protocol, *Inside AppleTalk* chapter 6.

use crate::{Datagram, ddp};

/// First data byte of a request.
pub const REQUEST: u8 = 1;
/// First data byte of a reply.
pub const REPLY: u8 = 2;

/// What an echoer answers to a datagram for its socket: the same data, as a reply. `None` for anything that is not a request.
pub fn answer(request: &Datagram) -> Option<Datagram> {
    if request.kind != ddp::AEP || request.data.first() != Some(&REQUEST) {
        return None;
    }
    let mut reply = Datagram::new(
        request.source,
        request.destination,
        ddp::AEP,
        request.data.clone(),
    );
    reply.data[0] = REPLY;
    Some(reply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Address;

    #[test]
    fn requests_are_answered_and_nothing_else_is() {
        let request = Datagram::new(
            Address::local(2, 4),
            Address::local(1, 130),
            ddp::AEP,
            vec![REQUEST, 7, 8],
        );
        let reply = answer(&request).unwrap();
        assert_eq!(
            (reply.destination, reply.data.as_slice()),
            (request.source, &[REPLY, 7, 8][..])
        );
        assert_eq!(answer(&reply), None);
        assert_eq!(
            answer(&Datagram {
                data: vec![],
                ..request.clone()
            }),
            None
        );
        assert_eq!(answer(&Datagram { kind: 9, ..request }), None);
    }
}
