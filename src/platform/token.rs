//! Random names that are also secrets: session ids of logins and of Engine.IO, and the public ids of sockets.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// 128 random bits, written as 32 lower-case hexadecimal digits; there is exactly one spelling of each. Two are compared as one number, whole, and
/// found by a keyed hash: the time it takes tells nothing of how much of a guess is right.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Token(u128);

impl Token {
    /// That of somebody who has shown nothing.
    pub(crate) const GUEST: Self = Self(0);

    /// A new token from the operating system's random source.
    pub(crate) fn random() -> Self {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the operating system provides random bytes");
        Self(u128::from_le_bytes(bytes))
    }

    /// One more than the last of these, which is no secret: for a mutant.
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// Reads the one accepted spelling; anything else names no token.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let canonical = text.len() == 32
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !canonical {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(Self)
    }

    /// Its bits, to tell another node of it.
    pub(crate) fn bits(self) -> u128 {
        self.0
    }

    /// The token of these bits.
    pub(crate) fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    #[cfg(test)]
    pub(crate) fn fixed(value: u128) -> Self {
        Self(value)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Never shows the value: tokens are secrets and debug output ends in logs.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn a_token_has_one_spelling() {
        let token = Token::random();
        let text = token.to_string();
        assert_eq!(text.len(), 32);
        assert!(Token::parse(&text) == Some(token));
        for other in [
            String::new(),
            text[1..].to_owned(),
            format!("{text}0"),
            format!("+{}", &text[1..]),
            format!("{} ", &text[1..]),
            "ABCDEFABCDEFABCDEFABCDEFABCDEFAB".to_owned(),
            "__proto__".to_owned(),
        ] {
            assert!(Token::parse(&other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn debug_output_keeps_the_secret() {
        assert_eq!(format!("{:?}", Token::fixed(7)), "Token(..)");
    }
}
