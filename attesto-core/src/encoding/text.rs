//! Builds short text for hashing, without the heap.

use super::base64url;
use alloc::vec::Vec;

/// Text of usually at most `N` bytes, on the stack; longer text moves to the heap.
pub(crate) struct ShortText<const N: usize> {
    near: [u8; N],
    length: usize,
    far: Vec<u8>,
}

impl<const N: usize> ShortText<N> {
    pub(crate) const fn new() -> Self {
        Self { near: [0; N], length: 0, far: Vec::new() }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.put(*byte);
        }
    }

    pub(crate) fn push_base64url(&mut self, bytes: &[u8]) {
        base64url::encode_each(bytes, |character| self.put(character));
    }

    fn put(&mut self, byte: u8) {
        match self.near.get_mut(self.length) {
            Some(slot) if self.far.is_empty() => {
                *slot = byte;
                self.length = self.length.saturating_add(1);
            }
            Some(_) | None => {
                if self.far.is_empty() {
                    self.far.extend_from_slice(&self.near);
                }
                self.far.push(byte);
            }
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        if self.far.is_empty() { self.near.get(..self.length).unwrap_or_default() } else { &self.far }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_the_same_near_and_far() {
        for pieces in 0..40_usize {
            let (mut near, mut far) = (ShortText::<400>::new(), ShortText::<7>::new());
            let mut expected = Vec::new();
            for piece in 0..pieces {
                let bytes = [u8::try_from(piece).unwrap(), 0xff];
                near.push(b"ab");
                far.push(b"ab");
                near.push_base64url(&bytes);
                far.push_base64url(&bytes);
                expected.extend_from_slice(b"ab");
                expected.extend_from_slice(base64url::encode(&bytes).as_bytes());
            }
            assert_eq!(near.as_bytes(), expected, "{pieces}");
            assert_eq!(far.as_bytes(), expected, "{pieces}");
        }
    }
}
