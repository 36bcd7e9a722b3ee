use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Stream data read from a connection: bytes up to an end of message, if one was reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The bytes.
    pub data: Vec<u8>,
    /// The last byte was the last one of a message.
    pub end_of_message: bool,
}

/// A send or receive queue. An end of message takes the place of a byte, as it takes a sequence number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Queue(VecDeque<Option<u8>>);

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, data: &[u8], end_of_message: bool) {
        self.0.extend(data.iter().copied().map(Some));
        if end_of_message {
            self.0.push_back(None);
        }
    }

    /// Forgets the oldest `count` places.
    pub(super) fn drop_front(&mut self, count: usize) {
        self.0.drain(..count.min(self.0.len()));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Up to `places` places from `start` on, no further than the first end of message and `most` bytes; what one packet can carry.
    pub(super) fn piece(&self, start: usize, places: usize, most: usize) -> Piece {
        let mut piece = Piece::default();
        for place in self.0.iter().skip(start).take(places) {
            match place {
                None => {
                    piece.end_of_message = true;
                    break;
                }
                Some(byte) if piece.data.len() < most => piece.data.push(*byte),
                Some(_) => break,
            }
        }
        piece
    }

    /// Takes up to `most` bytes, no further than the first end of message.
    pub(super) fn take(&mut self, most: usize) -> Piece {
        let piece = self.piece(0, usize::MAX, most);
        self.drop_front(piece.places());
        piece
    }
}

impl Piece {
    /// Sequence numbers it takes.
    pub(super) fn places(&self) -> usize {
        self.data.len() + usize::from(self.end_of_message)
    }
}
