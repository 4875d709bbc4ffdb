use super::{Away, Claim, Kept, MOST_BYTES, MOST_EVENTS, frames};
use crate::platform::accounts::Login;
use crate::platform::config::{PlatformConfig, QueueBounds};
use crate::platform::hub::Audience;
use crate::platform::said::Said;
use crate::platform::token::Token;
use crate::time::Time;
use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(10);

fn at(seconds: u64) -> Time {
    Time::ZERO + Duration::from_secs(seconds)
}

fn kept() -> Kept {
    Kept::new(&PlatformConfig::default(), WINDOW)
}

fn login(n: u128) -> Login {
    Login {
        token: Token::fixed(n),
        app: 0,
        user: format!("user-{n}").into(),
        until: at(1_000),
    }
}

/// The socket of a user, put away then, under a private id of the same number.
fn put_away(kept: &mut Kept, n: u128, left: Time) {
    kept.put_away(Away {
        pid: Token::fixed(n),
        sid: Token::fixed(100 + n),
        namespace: 0,
        login: login(n),
        left,
    });
}

fn claim(pid: u128, offset: u64) -> Claim {
    Claim {
        pid: Some(Token::fixed(pid)),
        offset: Some(offset),
    }
}

/// What the socket of a user gets who is back, as it goes out.
fn taken(kept: &mut Kept, n: u128, offset: u64, now: Time) -> Option<Vec<String>> {
    let back = kept.take(claim(n, offset), 0, &login(n), now)?;
    let all = frames(&back.missed, "/");
    let text = |frame: &crate::platform::frame::Frame| {
        let mut body = String::new();
        frame.append_to_poll(&mut body);
        body
    };
    Some(all.iter().map(text).collect())
}

fn push(kept: &mut Kept, to: Audience<'_>, json: &str, now: Time) -> u64 {
    kept.keep(to, "\"e\"", Some(Said::Json(json)), now)
}

#[test]
fn what_was_missed_comes_once_in_order_and_is_ones_own() {
    let mut kept = kept();
    let seen = push(&mut kept, Audience::Everyone, "0", at(0));
    put_away(&mut kept, 1, at(1));
    push(&mut kept, Audience::User("user-1"), "1", at(1));
    push(&mut kept, Audience::User("user-2"), "2", at(1));
    push(&mut kept, Audience::Everyone, "3", at(2));
    kept.keep(
        Audience::User("user-1"),
        "\"b\"",
        Some(Said::Bytes(&[255])),
        at(2),
    );
    kept.keep(Audience::User("user-1"), "\"none\"", None, at(2));
    let got = taken(&mut kept, 1, seen, at(3)).unwrap();
    assert_eq!(
        got,
        [
            r#"42["e",1,"2"]"#,
            r#"42["e",3,"4"]"#,
            "451-[\"b\",{\"_placeholder\":true,\"num\":0},\"5\"]\u{1e}b/w==",
            r#"42["none","6"]"#,
        ]
    );
    assert_eq!(taken(&mut kept, 1, seen, at(3)), None, "it is back");
    put_away(&mut kept, 1, at(4));
    assert_eq!(taken(&mut kept, 1, 6, at(5)), Some(vec![]));
}

#[test]
fn nobody_is_somebody_elses_socket() {
    let mut kept = kept();
    let seen = push(&mut kept, Audience::Everyone, "0", at(0));
    put_away(&mut kept, 1, at(0));
    let mut takes = |claim, namespace, login: &Login| {
        let back = kept.take(claim, namespace, login, at(1));
        back.is_some()
    };
    let again = Login {
        token: Token::fixed(77),
        ..login(1)
    };
    assert!(!takes(claim(1, seen), 0, &login(2)));
    assert!(!takes(claim(1, seen), 0, &again), "of another login");
    assert!(!takes(claim(1, seen), 1, &login(1)), "of another namespace");
    assert!(!takes(claim(3, seen), 0, &login(1)));
    assert!(!takes(claim(1, seen + 1), 0, &login(1)), "never given");
    assert!(!takes(claim(1, u64::MAX), 0, &login(1)));
    let empty = Claim {
        pid: None,
        offset: Some(seen),
    };
    assert!(!takes(empty, 0, &login(1)));
    assert!(takes(claim(1, seen), 0, &login(1)));
}

#[test]
fn nothing_is_recovered_where_something_may_be_missing() {
    let mut kept = kept();
    let seen = push(&mut kept, Audience::Everyone, "0", at(0));
    put_away(&mut kept, 1, at(1));
    put_away(&mut kept, 2, at(1));
    // An offset may be older than all that is there, as long as nothing behind it is gone.
    let first = push(&mut kept, Audience::Everyone, "1", at(11));
    assert_eq!((seen, first, kept.events.len()), (1, 2, 1));
    let got = taken(&mut kept, 1, seen, at(11));
    assert_eq!(got, Some(vec![r#"42["e",1,"2"]"#.to_owned()]));
    push(&mut kept, Audience::Everyone, "2", at(22));
    put_away(&mut kept, 3, at(22));
    assert_eq!(taken(&mut kept, 3, seen, at(22)), None, "2 is gone");
    assert!(taken(&mut kept, 3, first, at(22)).is_some());
    assert_eq!(taken(&mut kept, 2, first, at(12)), None, "it came too late");
}

#[test]
fn what_is_kept_is_bounded() {
    let mut kept = kept();
    for _ in 0..MOST_EVENTS + 10 {
        push(&mut kept, Audience::User("user-1"), "0", at(0));
    }
    assert_eq!(kept.events.len(), MOST_EVENTS);
    let long = format!("\"{}\"", "x".repeat(1 << 20));
    for _ in 0..80 {
        push(&mut kept, Audience::User("user-1"), &long, at(0));
    }
    assert!(kept.bytes <= MOST_BYTES, "{}", kept.bytes);
    assert!((60..70).contains(&kept.events.len()));
    let sum: usize = kept.events.iter().map(|event| event.bytes()).sum();
    assert_eq!(kept.bytes, sum);
    // More than may wait for a connection is no replay.
    let last = kept.next - 1;
    put_away(&mut kept, 1, at(0));
    assert_eq!(taken(&mut kept, 1, last - 40, at(0)), None);
    assert!(taken(&mut kept, 1, last - 10, at(0)).is_some());
}

#[test]
fn sockets_that_are_away_are_bounded_too() {
    let config = PlatformConfig {
        max_sockets: 3,
        queue: QueueBounds {
            packets: 4,
            bytes: 1_024,
        },
        ..PlatformConfig::default()
    };
    let mut kept = Kept::new(&config, WINDOW);
    for n in 0..5 {
        put_away(&mut kept, n, at(1));
    }
    let there: Vec<_> = (0..5)
        .map(|n| kept.away(Token::fixed(n), at(1)).is_some())
        .collect();
    assert_eq!(there, [false, false, true, true, true]);
    put_away(&mut kept, 9, at(12));
    assert_eq!((kept.sockets.len(), kept.order.len()), (1, 1));
    // One that is put away again stays for its own time.
    put_away(&mut kept, 9, at(20));
    put_away(&mut kept, 8, at(23));
    assert!(kept.away(Token::fixed(9), at(23)).is_some());
}

#[test]
fn a_claim_is_two_texts() {
    let pid = "0000000000000000000000000000000a";
    let whole = Claim::of(&format!(r#"{{"pid":"{pid}","offset":"1f","x":1}}"#)).unwrap();
    assert_eq!(
        (whole.pid, whole.offset),
        (Some(Token::fixed(10)), Some(31))
    );
    for none in [
        "",
        "{}",
        "[]",
        r#"{"pid":"a"}"#,
        r#"{"offset":"1"}"#,
        r#"{"pid":7,"offset":"1"}"#,
        r#"{"pid":"a","offset":1}"#,
        r#"{"pid":["a"],"offset":"1"}"#,
        r#"{"pid":"a","offset":null}"#,
    ] {
        assert!(Claim::of(none).is_none(), "{none}");
    }
    for (offset, is) in [
        ("0", Some(0)),
        ("01f", None),
        ("1F", None),
        ("+1", None),
        ("", None),
        ("x", None),
        ("11111111111111111", None),
    ] {
        let claim = Claim::of(&format!(r#"{{"pid":"{pid}0","offset":"{offset}"}}"#)).unwrap();
        assert_eq!((claim.pid, claim.offset), (None, is), "{offset}");
    }
}
