//! Histories with one kind of fault: exactly that is found, and its example tells where and when.

use crate::script::Case;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "lost: a targeted push that never comes",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
        ",
        counts: "expected=1 lost=1",
        examples: &["lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-"],
    },
    Case {
        name: "lost: the first of two",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              20 push p2 ann
              21 arrive p2 ann.1
              22 accept p2
        ",
        counts: "expected=2 delivered=1 lost=1",
        examples: &["lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-"],
    },
    Case {
        name: "lost: the second of three, in another lane than the others",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
              20 push p2 ann lane=1 as=news
              22 accept p2
              30 push p3 ann
              31 arrive p3 ann.1
              32 accept p3
        ",
        counts: "expected=3 delivered=2 lost=1",
        examples: &["lost p2 ann.1 ann as news sent=20 answered=22 arrived=-"],
    },
    Case {
        name: "lost: a broadcast at one socket of several",
        history: "
               0 connect ann.1
               0 connect bob.1
               0 connect ann.2
              10 push p1 *
              11 arrive p1 ann.1
              11 arrive p1 bob.1
              12 accept p1
        ",
        counts: "expected=3 delivered=2 lost=1",
        examples: &["lost p1 ann.2 ann as alert sent=10 answered=12 arrived=-"],
    },
    Case {
        name: "lost: at a user's second socket",
        history: "
               0 connect ann.1
               0 connect ann.2
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
        ",
        counts: "expected=2 delivered=1 lost=1",
        examples: &["lost p1 ann.2 ann as alert sent=10 answered=12 arrived=-"],
    },
    Case {
        name: "duplicated: twice at one socket",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
              13 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1 duplicated=1",
        examples: &["duplicated p1 ann.1 ann as alert sent=10 answered=12 arrived=13"],
    },
    Case {
        name: "duplicated: three times are two duplicates",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
              13 arrive p1 ann.1
              14 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1 duplicated=2",
        examples: &[
            "duplicated p1 ann.1 ann as alert sent=10 answered=12 arrived=13",
            "duplicated p1 ann.1 ann as alert sent=10 answered=12 arrived=14",
        ],
    },
    Case {
        name: "duplicated: long after, behind later pushes",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
              20 push p2 ann
              21 arrive p2 ann.1
              22 accept p2
             900 arrive p1 ann.1
        ",
        counts: "expected=2 delivered=2 duplicated=1",
        examples: &["duplicated p1 ann.1 ann as alert sent=10 answered=12 arrived=900"],
    },
    Case {
        name: "duplicated: before the answer; the example tells the answer all the same",
        history: "
               0 connect ann.1
              10 push p1 *
              11 arrive p1 ann.1
              11 arrive p1 ann.1
              12 accept p1
        ",
        counts: "expected=1 delivered=1 duplicated=1",
        examples: &["duplicated p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "misdelivered: at another user",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 ann
              11 arrive p1 ann.1
              11 arrive p1 bob.1
              12 accept p1
        ",
        counts: "expected=1 delivered=1 misdelivered=1",
        examples: &["misdelivered p1 bob.1 bob as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "misdelivered: a broadcast in another app",
        history: "
               0 connect ann.1
               0 connect two:cat.1
              10 push p1 *
              11 arrive p1 ann.1
              11 arrive p1 two:cat.1
              12 accept p1
        ",
        counts: "expected=1 delivered=1 misdelivered=1",
        examples: &["misdelivered p1 two:cat.1 two:cat as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "misdelivered: at the user of the same name in another app",
        history: "
               0 connect ann.1
               0 connect two:ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              11 arrive p1 two:ann.1
              12 accept p1
        ",
        counts: "expected=1 delivered=1 misdelivered=1",
        examples: &["misdelivered p1 two:ann.1 two:ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "misdelivered: a push for a user in an app that is not the user's",
        history: "
               0 connect ann.1
              10 push p1 ann in=two:
              11 arrive p1 ann.1
              12 accept p1
        ",
        counts: "misdelivered=1",
        examples: &["misdelivered p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "misdelivered: a push for a user who is nowhere",
        history: "
               0 connect ann.1
               0 connect two:bob.1
              10 push p1 zoe
              12 accept p1
              20 push p2 zoe
              21 arrive p2 ann.1
              22 accept p2
              30 push p3 zoe
              31 arrive p3 two:bob.1
              32 arrive p3 two:bob.1
              33 accept p3
        ",
        counts: "misdelivered=3",
        examples: &[
            "misdelivered p2 ann.1 ann as alert sent=20 answered=22 arrived=21",
            "misdelivered p3 two:bob.1 two:bob as alert sent=30 answered=33 arrived=31",
            "misdelivered p3 two:bob.1 two:bob as alert sent=30 answered=33 arrived=32",
        ],
    },
    Case {
        name: "misdelivered: a refused push for a user who is nowhere, and one of unknown outcome",
        history: "
               0 connect ann.1
              10 push p1 zoe
              11 arrive p1 ann.1
              12 reject p1
              20 push p2 zoe
              21 arrive p2 ann.1
              22 unknown p2
        ",
        counts: "misdelivered=2",
        examples: &[
            "misdelivered p1 ann.1 ann as alert sent=10 answered=12 arrived=11",
            "misdelivered p2 ann.1 ann as alert sent=20 answered=22 arrived=21",
        ],
    },
    Case {
        name: "misdelivered: a refused push for a user in an app that is not the user's",
        history: "
               0 connect ann.1
               0 connect two:bob.1
              10 push p1 ann in=two:
              11 arrive p1 ann.1
              11 arrive p1 two:bob.1
              12 reject p1
        ",
        counts: "misdelivered=2",
        examples: &[
            "misdelivered p1 ann.1 ann as alert sent=10 answered=12 arrived=11",
            "misdelivered p1 two:bob.1 two:bob as alert sent=10 answered=12 arrived=11",
        ],
    },
    Case {
        name: "misrouted: under another name that is in use",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 name=news
              12 accept p1
        ",
        counts: "expected=1 delivered=1 misrouted=1",
        examples: &["misrouted p1 ann.1 ann as news sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "misrouted: names differ in case",
        history: "
               0 connect ann.1
              10 push p1 ann as=news
              11 arrive p1 ann.1 name=News
              12 accept p1
        ",
        counts: "expected=1 delivered=1 misrouted=1",
        examples: &["misrouted p1 ann.1 ann as News sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "misrouted: a name without end is cut in the example",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 name=long
              12 accept p1
        ",
        counts: "expected=1 delivered=1 misrouted=1",
        examples: &[
            "misrouted p1 ann.1 ann as xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… sent=10 answered=12 arrived=11",
        ],
    },
    Case {
        name: "late: after the deadline",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             150 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1 late=1",
        examples: &["late p1 ann.1 ann as alert sent=10 answered=12 arrived=150"],
    },
    Case {
        name: "late: even after its own settling, as long as it is judged after it came",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             900 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1 late=1",
        examples: &["late p1 ann.1 ann as alert sent=10 answered=12 arrived=900"],
    },
    Case {
        name: "phantom: no tag",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
              13 arrive p1 ann.1 tag=gone
        ",
        counts: "expected=1 delivered=1 phantom=1",
        examples: &["phantom - ann.1 ann as alert sent=- answered=- arrived=13"],
    },
    Case {
        name: "phantom: a tag of a push that was never sent",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
              13 arrive p1 ann.1 tag=invented
        ",
        counts: "expected=1 delivered=1 phantom=1",
        examples: &["phantom - ann.1 ann as alert sent=- answered=- arrived=13"],
    },
    Case {
        name: "phantom: a tag of another run",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
              13 arrive p1 ann.1 tag=foreign
        ",
        counts: "expected=1 delivered=1 phantom=1",
        examples: &["phantom - ann.1 ann as alert sent=- answered=- arrived=13"],
    },
    Case {
        name: "phantom: a tag that does not fit the push that it names",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
              13 arrive p1 ann.1 tag=misfit
        ",
        counts: "expected=1 delivered=1 phantom=1",
        examples: &["phantom - ann.1 ann as alert sent=- answered=- arrived=13"],
    },
    Case {
        name: "phantom: the push was refused, and that was known",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 reject p1
              13 arrive p1 ann.1
        ",
        counts: "phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=13"],
    },
    Case {
        name: "phantom: the push was refused, and that was not known yet",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 reject p1
        ",
        counts: "phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "phantom: the push was over before the socket connected",
        history: "
              10 push p1 ann
              12 accept p1
             300 connect ann.1
             301 arrive p1 ann.1
        ",
        counts: "away=1 phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=301"],
    },
    Case {
        name: "phantom: sent only after the socket had left",
        history: "
            rules settle=4 deadline=4
               0 connect ann.1
               5 leaving ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
        ",
        counts: "away=1 phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "phantom: one arrival of a broadcast refused only later, among others",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 *
              11 arrive p1 bob.1
              12 reject p1
              20 push p2 *
              21 arrive p2 ann.1
              21 arrive p2 bob.1
              22 accept p2
        ",
        counts: "expected=2 delivered=2 phantom=1",
        examples: &["phantom p1 bob.1 bob as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "premature: between the opening and CONNECT",
        history: "
               0 open ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
             900 connect ann.1
        ",
        counts: "away=1 premature=1",
        examples: &["premature p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "premature: at a socket that is never let in",
        history: "
              10 push p1 *
              11 arrive p1 ann.1
              12 accept p1
        ",
        counts: "away=1 premature=1",
        examples: &["premature p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "premature: without a tag",
        history: "
               0 open ann.1
              10 push p1 ann
              11 arrive p1 ann.1 tag=gone
              12 accept p1
             900 connect ann.1
        ",
        counts: "away=1 premature=1",
        examples: &["premature - ann.1 ann as alert sent=- answered=- arrived=11"],
    },
    Case {
        name: "premature: with a tag of a push that was never sent",
        history: "
               0 open ann.1
              10 push p1 ann
              11 arrive p1 ann.1 tag=invented
              12 accept p1
             900 connect ann.1
        ",
        counts: "away=1 premature=1",
        examples: &["premature - ann.1 ann as alert sent=- answered=- arrived=11"],
    },
    Case {
        name: "premature: as the session tells it",
        history: "
               0 connect ann.1
              10 push p1 two:cat
              11 arrive p1 ann.1 tag=gone premature
              12 accept p1
        ",
        counts: "premature=1",
        examples: &["premature - ann.1 ann as alert sent=- answered=- arrived=11"],
    },
    Case {
        name: "corrupted: another text",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 payload=other
              12 accept p1
        ",
        counts: "expected=1 delivered=1 corrupted=1",
        examples: &["corrupted p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "corrupted: a key is missing",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 payload=missing
              12 accept p1
        ",
        counts: "expected=1 delivered=1 corrupted=1",
        examples: &["corrupted p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "corrupted: a key too many",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 payload=grown
              12 accept p1
        ",
        counts: "expected=1 delivered=1 corrupted=1",
        examples: &["corrupted p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "corrupted: a number as a string",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 payload=retyped
              12 accept p1
        ",
        counts: "expected=1 delivered=1 corrupted=1",
        examples: &["corrupted p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "corrupted: a second argument",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 payload=argument
              12 accept p1
        ",
        counts: "expected=1 delivered=1 corrupted=1",
        examples: &["corrupted p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "corrupted: in an array",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 payload=wrapped
              12 accept p1
        ",
        counts: "expected=1 delivered=1 corrupted=1",
        examples: &["corrupted p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "corrupted: as a string of JSON",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 payload=stringified
              12 accept p1
        ",
        counts: "expected=1 delivered=1 corrupted=1",
        examples: &["corrupted p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "corrupted: moved to an attachment",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 payload=attached
              12 accept p1
        ",
        counts: "expected=1 delivered=1 corrupted=1",
        examples: &["corrupted p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "corrupted: with an attachment",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 payload=attachment
              12 accept p1
        ",
        counts: "expected=1 delivered=1 corrupted=1",
        examples: &["corrupted p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "corrupted: the message twice in one event",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 payload=twice
              12 accept p1
        ",
        counts: "expected=1 delivered=1 corrupted=1",
        examples: &["corrupted p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "corrupted: the tag's digest itself",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 tag=digest
              12 accept p1
        ",
        counts: "expected=1 delivered=1 corrupted=1",
        examples: &["corrupted p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "corrupted: tag among decoys",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 tag=decoys
              12 accept p1
        ",
        counts: "expected=1 delivered=1 corrupted=1",
        examples: &["corrupted p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "corrupted: a plain text",
        history: "
               0 connect ann.1
              10 push p1 ann shape=text
              11 arrive p1 ann.1 payload=other
              12 accept p1
        ",
        counts: "expected=1 delivered=1 corrupted=1",
        examples: &["corrupted p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "reordered: within a lane",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              20 push p2 ann
              21 arrive p2 ann.1
              22 accept p2
              23 arrive p1 ann.1
        ",
        counts: "expected=2 delivered=2 reordered=1",
        examples: &["reordered p1 ann.1 ann as alert sent=10 answered=12 arrived=23"],
    },
    Case {
        name: "reordered: across lanes",
        history: "
               0 connect ann.1
              10 push p1 ann lane=1
              12 accept p1
              20 push p2 ann
              21 arrive p2 ann.1
              22 accept p2
              23 arrive p1 ann.1
        ",
        counts: "expected=2 delivered=2 reordered=1",
        examples: &["reordered p1 ann.1 ann as alert sent=10 answered=12 arrived=23"],
    },
    Case {
        name: "reordered: a targeted push behind a broadcast",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 ann
              12 accept p1
              20 push p2 *
              21 arrive p2 ann.1
              21 arrive p2 bob.1
              22 accept p2
              23 arrive p1 ann.1
        ",
        counts: "expected=3 delivered=3 reordered=1",
        examples: &["reordered p1 ann.1 ann as alert sent=10 answered=12 arrived=23"],
    },
    Case {
        name: "reordered: within a lane, where only that is promised",
        history: "
            rules order=lane
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              20 push p2 ann
              21 arrive p2 ann.1
              22 accept p2
              23 arrive p1 ann.1
        ",
        counts: "expected=2 delivered=2 reordered=1",
        examples: &["reordered p1 ann.1 ann as alert sent=10 answered=12 arrived=23"],
    },
    Case {
        name: "reordered: each that was overtaken, once",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              20 push p2 ann
              22 accept p2
              30 push p3 ann
              31 arrive p3 ann.1
              32 accept p3
              33 arrive p1 ann.1
              34 arrive p2 ann.1
        ",
        counts: "expected=3 delivered=3 reordered=2",
        examples: &[
            "reordered p1 ann.1 ann as alert sent=10 answered=12 arrived=33",
            "reordered p2 ann.1 ann as alert sent=20 answered=22 arrived=34",
        ],
    },
    Case {
        name: "reordered: by a push whose outcome is unknown",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              20 push p2 ann
              21 arrive p2 ann.1
              22 unknown p2
              23 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=2 allowed=1 reordered=1",
        examples: &["reordered p1 ann.1 ann as alert sent=10 answered=12 arrived=23"],
    },
];
