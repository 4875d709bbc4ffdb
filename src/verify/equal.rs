//! JSON value equality: what "the payload that was sent" means once bytes differ.
//!
//! Servers may re-encode (key order, spaces, escapes, `1.0` for `1`) without harm. Whatever changes the value is corruption.

use serde_json::{Number, Value};

/// Whether two JSON texts stand for the same value. A text that is not exactly one JSON value equals nothing.
pub fn json_equal(a: &str, b: &str) -> bool {
    match (
        serde_json::from_str::<Value>(a),
        serde_json::from_str::<Value>(b),
    ) {
        (Ok(a), Ok(b)) => value_equal(&a, &b),
        _ => false,
    }
}

fn value_equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => number_equal(a, b),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| value_equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| value_equal(a, b)))
        }
        (a, b) => a == b,
    }
}

/// By value, not by spelling; integers are compared exactly, so 2^53 + 1 is not 2^53.
#[allow(clippy::float_cmp)] // the same text read twice gives the same float; anything else is a difference
fn number_equal(a: &Number, b: &Number) -> bool {
    if a == b {
        return true;
    }
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => a.as_f64() == b.as_f64(),
        (Some(n), None) => whole(b.as_f64()) == Some(n),
        (None, Some(n)) => whole(a.as_f64()) == Some(n),
    }
}

fn integer(n: &Number) -> Option<i128> {
    n.as_i64()
        .map(i128::from)
        .or_else(|| n.as_u64().map(i128::from))
}

fn whole(n: Option<f64>) -> Option<i128> {
    n.filter(|n| n.fract() == 0.0 && n.abs() < 1e19)
        .map(|n| n as i128)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::json_equal;

    #[test]
    fn spelling_does_not_matter() {
        for (a, b) in [
            (
                r#"{"a":1,"b":[true,null]}"#,
                r#"{ "b" : [true, null], "a": 1 }"#,
            ),
            (r#""Zo\u00eb""#, "\"Zoë\""),
            ("1.0", "1"),
            ("1e2", "100"),
            ("0.1", "1e-1"),
            ("[]", " [ ] "),
            ("18446744073709551615", "18446744073709551615"),
            ("-0.0", "0"),
        ] {
            assert!(json_equal(a, b), "{a} = {b}");
            assert!(json_equal(b, a), "{b} = {a}");
        }
    }

    #[test]
    fn values_do() {
        for (a, b) in [
            ("1", "2"),
            ("1", "\"1\""),
            ("9007199254740993", "9007199254740992"),
            ("9007199254740993", "9007199254740992.0"),
            ("18446744073709551615", "18446744073709551614"),
            ("null", "false"),
            ("[1,2]", "[2,1]"),
            ("[1]", "[1,1]"),
            (r#"{"a":1}"#, r#"{"a":1,"b":2}"#),
            (r#"{"a":1}"#, r#"{"A":1}"#),
            ("\"é\"", "\"e\u{301}\""),
            ("{}", "[]"),
            ("1,2", "1,2"),
            ("", ""),
            ("{", "{"),
        ] {
            assert!(!json_equal(a, b), "{a} ≠ {b}");
            assert!(!json_equal(b, a), "{b} ≠ {a}");
        }
    }

    proptest! {
        #[test]
        fn every_spelling_of_a_number_is_the_number(n in any::<f64>().prop_filter("JSON has no other", |n| n.is_finite()), zeros in 1_usize..12) {
            let (plain, exponent) = (format!("{n:?}"), format!("{n:e}"));
            prop_assert!(json_equal(&plain, &exponent), "{} {}", plain, exponent);
            let zeros = "0".repeat(zeros);
            if plain.contains('.') && !plain.contains('e') {
                prop_assert!(json_equal(&plain, &format!("{plain}{zeros}")), "{}", plain);
            }
            let more = exponent.replace('e', &format!("{}{zeros}e", if exponent.contains('.') { "" } else { "." }));
            prop_assert!(json_equal(&plain, &more), "{} {}", plain, more);
        }
    }
}
