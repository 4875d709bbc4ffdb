//! Numbers in as few bytes as they need: seven bits a byte, the lowest first, the top bit says that another follows.

/// Most bytes of a number.
const MOST: usize = 10;

/// Appends a number.
pub(super) fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Appends a difference: small ones of either sign are short.
pub(super) fn put_signed(out: &mut Vec<u8>, n: i64) {
    put(out, (n << 1 ^ n >> 63) as u64);
}

/// Bytes that are read from the front.
#[derive(Debug, Clone)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut n = 0;
        for place in 0..MOST {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte has room for one bit.
            if place == MOST - 1 && bits > 1 {
                return None;
            }
            n |= bits << (7 * place);
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let n = self.number()?;
        Some((n >> 1).cast_signed() ^ -(n & 1).cast_signed())
    }

    pub(super) fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_numbers_are_short() {
        for (n, bytes) in [(0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3)] {
            let mut out = Vec::new();
            put(&mut out, n);
            assert_eq!(out.len(), bytes, "{n}");
        }
        let mut out = Vec::new();
        put_signed(&mut out, -64);
        assert_eq!(out, [127]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(n: u64, signed: i64, small in 0..200_u64) {
            let mut out = Vec::new();
            for n in [n, small, u64::MAX] {
                put(&mut out, n);
            }
            for n in [signed, i64::MIN, i64::MAX] {
                put_signed(&mut out, n);
            }
            let mut bytes = Bytes(&out);
            prop_assert_eq!([bytes.number(), bytes.number(), bytes.number()], [Some(n), Some(small), Some(u64::MAX)]);
            prop_assert_eq!([bytes.signed(), bytes.signed(), bytes.signed()], [Some(signed), Some(i64::MIN), Some(i64::MAX)]);
            prop_assert_eq!(bytes.0, &[] as &[u8]);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            Bytes(&bytes).number();
            Bytes(&bytes).signed();
        }
    }
}
