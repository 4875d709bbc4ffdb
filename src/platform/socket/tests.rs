use super::{ClientEvent, Membership, Request, Sockets};
use crate::platform::config::PlatformConfig;
use crate::platform::token::Token;
use crate::time::Time;
use std::borrow::Cow;
use std::time::Duration;

fn config() -> PlatformConfig {
    PlatformConfig {
        namespaces: vec!["/admin".into()],
        connect_timeout: Duration::from_secs(45),
        assembly_timeout: Duration::from_secs(10),
        max_payload: 1_024,
        ..PlatformConfig::default()
    }
}

fn at(seconds: u64) -> Time {
    Time::ZERO + Duration::from_secs(seconds)
}

fn member(namespace: usize) -> Membership {
    Membership {
        sid: Token::fixed(namespace as u128),
        namespace,
        app: 0,
        until: at(1_000),
        pid: None,
    }
}

fn joined() -> Sockets {
    let mut sockets = Sockets::new(&config(), Time::ZERO);
    assert!(sockets.join(member(0)));
    sockets
}

fn event<'a>(id: Option<u64>, name: &str, args: &'a str) -> Request<'a> {
    Request::Event(ClientEvent {
        namespace: 0,
        id,
        name: name.into(),
        args: Cow::Borrowed(args),
        attachments: Vec::new(),
    })
}

/// What a joined connection makes of a text.
fn check(text: &str, expected: &Request<'_>) {
    let got = joined().handle_text(&config(), at(1), text);
    assert_eq!(&got, expected, "{text}");
}

fn check_fatal(sockets: &mut Sockets, text: &str) {
    let got = sockets.handle_text(&config(), at(1), text);
    assert!(matches!(got, Request::Fatal(_)), "{text}: {got:?}");
}

#[test]
fn events_are_split_and_kept_as_they_stand() {
    check(r#"2["e"]"#, &event(None, "e", ""));
    check(
        r#"2["e",1, {"a" : 1} ]"#,
        &event(None, "e", r#"1, {"a" : 1}"#),
    );
    check(r#"20["e",[]]"#, &event(Some(0), "e", "[]"));
    check(
        r#"29007199254740993["m\u0065",null]"#,
        &event(Some(9_007_199_254_740_993), "me", "null"),
    );
    check(r#"2["",""]"#, &event(None, "", r#""""#));
    check(r#"2["__proto__"]"#, &event(None, "__proto__", ""));
    check(r#"2["error"]"#, &event(None, "error", ""));
    check(r#"2[ "e" , 1 ]"#, &event(None, "e", "1"));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    check(&format!("2[\"e\",{deep}]"), &event(None, "e", &deep));
}

#[test]
fn what_is_no_packet_is_fatal() {
    for text in [
        "",
        "7",
        "2",
        "2{}",
        "2[]",
        "2[null]",
        "2[{}]",
        "2[1]",
        "2\"x\"",
        "2[\"e\"",
        "2[\"e\",]",
        "2[\"e\"]x",
        "2[\"e\"] []",
        "2[\"connect\"]",
        "2[\"newListener\",1]",
        "2[\"\\u0064isconnect\"]",
        "2/admin,[\"e\"]",
        "2/none,[\"e\"]",
        "1/admin,",
        "1/none,",
        "3[]",
        "30{}",
        "30[1",
        "4{}",
        "0{}",
        "5[\"e\"]",
        "50-[\"e\"]",
        "5-1-[\"e\"]",
        "5999999999-[\"e\"]",
        "51-[\"e\",{\"_placeholder\":true,\"num\":1}]",
        "51-[\"e\",{\"_placeholder\":true,\"num\":-1}]",
        "51-[\"e\",{\"_placeholder\":true,\"num\":\"splice\"}]",
        "51-[\"e\",{\"_placeholder\":true}]",
        "51-[\"e\",{\"_placeholder\":true,\"num\":0.5}]",
        "51-[\"e\"",
    ] {
        check_fatal(&mut joined(), text);
    }
    check_fatal(&mut joined(), &format!("0/{},", "x".repeat(300)));
    assert!(matches!(
        joined().handle_binary(&config(), b"x"),
        Request::Fatal(_)
    ));
}

#[test]
fn answers_to_nothing_asked_are_ignored() {
    check("30[]", &Request::Nothing);
    check("37[1,2]", &Request::Nothing);
}

#[test]
fn connecting() {
    let connect = |namespace, auth| Request::Connect { namespace, auth };
    let mut sockets = Sockets::new(&config(), Time::ZERO);
    let cases = [
        ("0", connect(0, "")),
        (r#"0{"a":1}"#, connect(0, r#"{"a":1}"#)),
        ("0/admin,", connect(1, "")),
        ("0/admin,{}", connect(1, "{}")),
        (
            "0/Admin,{}",
            Request::Unknown {
                namespace: "/Admin",
            },
        ),
        (
            "0/admin?x=1,{}",
            Request::Unknown {
                namespace: "/admin?x=1",
            },
        ),
        (
            "0/__proto__,",
            Request::Unknown {
                namespace: "/__proto__",
            },
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(
            sockets.handle_text(&config(), at(1), text),
            expected,
            "{text}"
        );
    }
    for text in [
        "0[]",
        "0{",
        "0{}{}",
        "0null",
        "0custom,",
        "2[\"early\"]",
        "1",
    ] {
        check_fatal(&mut sockets, text);
    }
}

#[test]
fn memberships_come_and_go() {
    let mut sockets = joined();
    assert!(!sockets.join(member(0)), "joined already");
    assert!(sockets.join(member(1)));
    assert_eq!(
        sockets.handle_text(&config(), at(5), "1/admin,"),
        Request::Leave(member(1))
    );
    check_fatal(&mut sockets, "2/admin,[\"e\"]");
    assert!(sockets.is_member(0, member(0).sid));
    assert!(!sockets.is_member(0, Token::fixed(99)));
    assert_eq!(
        sockets.handle_text(&config(), at(5), "0/admin,{}"),
        Request::Connect {
            namespace: 1,
            auth: "{}"
        }
    );
    assert!(sockets.kick(0, member(0).sid));
    assert!(!sockets.kick(0, member(0).sid));
    // Packets that were on their way when the server ended the membership are nobody's fault.
    assert_eq!(
        sockets.handle_text(&config(), at(6), "2[\"e\"]"),
        Request::Nothing
    );
    assert_eq!(sockets.handle_text(&config(), at(6), "1"), Request::Nothing);
}

#[test]
fn time_to_join_and_time_of_the_login() {
    let mut sockets = Sockets::new(&config(), Time::ZERO);
    assert_eq!(sockets.deadline(), at(45));
    assert!(!sockets.joined_too_late(at(44)));
    assert!(sockets.joined_too_late(at(45)));
    sockets.join(member(0));
    assert_eq!(sockets.deadline(), at(1_000));
    assert!(!sockets.joined_too_late(at(100)));
    assert_eq!(sockets.expired(at(999)), None);
    assert_eq!(sockets.expired(at(1_000)), Some(member(0)));
    // Leaving the last namespace starts the time to join one again.
    sockets.handle_text(&config(), at(100), "1");
    assert_eq!(sockets.deadline(), at(145));
}

#[test]
fn attachments_complete_a_packet() {
    let mut sockets = joined();
    let text = r#"52-7["up",{"num":1,"_placeholder":true},[{"_placeholder":true,"num":0}]]"#;
    assert_eq!(
        sockets.handle_text(&config(), at(1), text),
        Request::Nothing
    );
    assert_eq!(sockets.deadline(), at(11));
    assert!(!sockets.assembly_stalled(at(10)));
    assert!(sockets.assembly_stalled(at(11)));
    assert_eq!(sockets.handle_binary(&config(), b"a"), Request::Nothing);
    let Request::Event(event) = sockets.handle_binary(&config(), b"") else {
        panic!("wanted the event");
    };
    assert_eq!((event.id, event.name.as_str()), (Some(7), "up"));
    assert_eq!(event.args, &text[10..text.len() - 1]);
    assert_eq!(event.attachments, [&b"a"[..], b""]);
    assert!(!sockets.assembly_stalled(at(100)));
}

#[test]
fn unfinished_packets_are_bounded() {
    let begin = |sockets: &mut Sockets| {
        let text = r#"53-["up",{"_placeholder":true,"num":0}]"#;
        assert_eq!(
            sockets.handle_text(&config(), at(1), text),
            Request::Nothing
        );
    };
    let mut sockets = joined();
    begin(&mut sockets);
    check_fatal(&mut sockets, "2[\"e\"]");

    let mut sockets = joined();
    begin(&mut sockets);
    assert_eq!(
        sockets.handle_binary(&config(), &[0; 4_000]),
        Request::Nothing
    );
    let got = sockets.handle_binary(&config(), &[0; 200]);
    assert!(matches!(got, Request::Fatal(_)), "{got:?}");

    let mut sockets = joined();
    let name = r#"51-[{"_placeholder":true,"num":0}]"#;
    let first = sockets.handle_text(&config(), at(1), name);
    let second = sockets.handle_binary(&config(), b"x");
    assert!(matches!(first, Request::Fatal(_)) || matches!(second, Request::Fatal(_)));
}
