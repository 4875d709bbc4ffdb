//! Payloads that are bytes, changed. As in texts, whatever of them looks like a word of [`OPAQUE`] characters or more stays whole.

use super::alter::CUT;
use super::catalogue::Fault;
use super::scan::OPAQUE;

/// The bytes as this fault leaves them, and what was done to them; `None`: they offer no place for it.
pub(super) fn altered(fault: Fault, bytes: &[u8]) -> Option<(Vec<u8>, String)> {
    let mut changed = bytes.to_vec();
    match fault {
        Fault::CorruptDigit => {
            let at = open(bytes).next()?;
            let old = bytes[at];
            changed[at] = old.wrapping_add(1);
            let detail = format!("byte {at}: {old} became {}", changed[at]);
            Some((changed, detail))
        }
        Fault::CorruptTruncate => {
            let excess = bytes.len().checked_sub(CUT).filter(|excess| *excess > 0)?;
            let gone = open(bytes).filter(|at| *at >= CUT).count();
            changed.truncate(CUT);
            let detail = format!("{} bytes became {CUT}", bytes.len());
            (gone == excess).then_some((changed, detail))
        }
        // As of a server that takes bytes for UTF-8.
        Fault::CorruptUnicode => {
            let at = open(bytes).find(|at| !bytes[*at].is_ascii())?;
            let none = char::REPLACEMENT_CHARACTER.to_string();
            changed.splice(at..=at, none.bytes());
            Some((changed, format!("byte {at}: {} became U+FFFD", bytes[at])))
        }
        _ => None,
    }
}

/// The places of the bytes that are in no long word.
fn open(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let mut from = 0;
    let words = bytes
        .split(|byte| !byte.is_ascii_graphic())
        .map(move |word| {
            let place = from..from + word.len();
            from = place.end + 1;
            place
        });
    let long: Vec<_> = words.filter(|word| word.len() >= OPAQUE).collect();
    (0..bytes.len()).filter(move |at| !long.iter().any(|word| word.contains(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(length: usize) -> (Vec<u8>, Vec<u8>) {
        let word = vec![b'w'; OPAQUE];
        let mut bytes = vec![0xff; length];
        bytes[10..10 + OPAQUE].copy_from_slice(&word);
        (bytes, word)
    }

    #[test]
    fn bytes_change_and_long_words_stay() {
        for (fault, length) in [
            (Fault::CorruptDigit, 100),
            (Fault::CorruptUnicode, 100),
            (Fault::CorruptTruncate, CUT + 5),
        ] {
            let (bytes, word) = bytes(length);
            let (changed, _) = altered(fault, &bytes).unwrap();
            assert_ne!(changed, bytes);
            assert!(changed.windows(OPAQUE).any(|part| part == word));
        }
    }

    #[test]
    fn what_offers_no_place_is_left_alone() {
        let (short, word) = bytes(100);
        assert_eq!(altered(Fault::CorruptTruncate, &short), None);
        assert_eq!(altered(Fault::CorruptKey, &short), None);
        assert_eq!(altered(Fault::CorruptDigit, &word), None);
        let mut at_the_end = vec![0; CUT];
        at_the_end.extend(&word);
        assert_eq!(altered(Fault::CorruptTruncate, &at_the_end), None);
    }
}
