//! Pushes that carry no tag, and are told by their event name.

use crate::script::Case;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "untagged: one after the other",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 ann as=ping
              11 arrive p1 ann.1
              12 accept p1
              20 push p2 * as=ping
              21 arrive p2 bob.1
              22 accept p2
              23 arrive p2 ann.1
        ",
        counts: "expected=3 delivered=3 by_name=3",
        examples: &[],
    },
    Case {
        name: "untagged: among tagged ones of every lane",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              11 push p2 ann lane=1
              12 arrive p2 ann.1
              13 arrive p1 ann.1
              14 accept p2
              15 accept p1
              16 push p3 * lane=2 as=ping
              17 accept p3
              18 push p4 ann lane=1
              19 arrive p4 ann.1
              20 accept p4
              21 arrive p4 ann.1
        ",
        counts: "expected=4 delivered=3 by_name=1 lost=1 duplicated=1",
        examples: &[
            "lost p3 ann.1 ann as ping sent=16 answered=17 arrived=-",
            "duplicated p4 ann.1 ann as alert sent=18 answered=20 arrived=21",
        ],
    },
    Case {
        name: "untagged: spelled otherwise",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              11 arrive p1 ann.1 payload=spelled
              12 accept p1
        ",
        counts: "expected=1 delivered=1 by_name=1",
        examples: &[],
    },
    Case {
        name: "untagged: lost",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              12 accept p1
             900 push p2 ann as=ping
             901 arrive p2 ann.1
             902 accept p2
        ",
        counts: "expected=2 delivered=1 by_name=1 lost=1",
        examples: &["lost p1 ann.1 ann as ping sent=10 answered=12 arrived=-"],
    },
    Case {
        name: "untagged: lost, and another awaited before that is over: as many as came are told",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              12 accept p1
              50 push p2 ann as=ping
              51 arrive p2 ann.1
              52 accept p2
        ",
        counts: "expected=2 delivered=1 by_count=1 lost=1",
        examples: &["lost p2 ann.1 ann as ping sent=50 answered=52 arrived=-"],
    },
    Case {
        name: "untagged: lost, and what comes after its deadline is not late",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              12 accept p1
             150 push p2 ann as=ping
             151 arrive p2 ann.1
             152 accept p2
        ",
        counts: "expected=2 delivered=1 by_count=1 lost=1",
        examples: &["lost p1 ann.1 ann as ping sent=10 answered=12 arrived=-"],
    },
    Case {
        name: "untagged: late",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              12 accept p1
             111 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1 by_name=1 late=1",
        examples: &["late p1 ann.1 ann as ping sent=10 answered=12 arrived=111"],
    },
    Case {
        name: "untagged: so late that it was over",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              12 accept p1
             500 arrive p1 ann.1
        ",
        counts: "expected=1 lost=1 phantom=1",
        examples: &[
            "lost p1 ann.1 ann as ping sent=10 answered=12 arrived=-",
            "phantom - ann.1 ann as ping sent=- answered=- arrived=500",
        ],
    },
    Case {
        name: "untagged: duplicated",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              11 arrive p1 ann.1
              12 accept p1
              13 arrive p1 ann.1
              14 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1 by_name=1 duplicated=2",
        examples: &[
            "duplicated p1 ann.1 ann as ping sent=10 answered=12 arrived=13",
            "duplicated p1 ann.1 ann as ping sent=10 answered=12 arrived=14",
        ],
    },
    Case {
        name: "untagged: a copy while the next is awaited makes one too many",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              11 arrive p1 ann.1
              12 accept p1
              20 push p2 ann as=ping
              21 arrive p1 ann.1
              22 accept p2
              23 arrive p2 ann.1
        ",
        counts: "expected=2 delivered=2 by_name=2 duplicated=1",
        examples: &["duplicated p2 ann.1 ann as ping sent=20 answered=22 arrived=23"],
    },
    Case {
        name: "untagged: misdelivered to another user, and to another app",
        history: "
               0 connect ann.1
               0 connect bob.1
               0 connect two:zoe.1
              10 push p1 ann as=ping
              11 arrive p1 ann.1
              12 accept p1
              13 arrive p1 bob.1
              14 arrive p1 two:zoe.1
        ",
        counts: "expected=1 delivered=1 by_name=1 misdelivered=2",
        examples: &[
            "misdelivered p1 bob.1 bob as ping sent=10 answered=12 arrived=13",
            "misdelivered p1 two:zoe.1 two:zoe as ping sent=10 answered=12 arrived=14",
        ],
    },
    Case {
        name: "untagged: misdelivered in place of the right user",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 ann as=ping
              11 arrive p1 bob.1
              12 accept p1
        ",
        counts: "expected=1 lost=1 misdelivered=1",
        examples: &[
            "lost p1 ann.1 ann as ping sent=10 answered=12 arrived=-",
            "misdelivered p1 bob.1 bob as ping sent=10 answered=12 arrived=11",
        ],
    },
    Case {
        name: "untagged: corrupted, and with more than was sent",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              11 arrive p1 ann.1 payload=other
              12 accept p1
              20 push p2 ann as=ping
              21 arrive p2 ann.1 payload=argument
              22 accept p2
              30 push p3 ann as=ping
              31 arrive p3 ann.1 payload=attachment
              32 accept p3
        ",
        counts: "expected=3 delivered=3 by_name=3 corrupted=3",
        examples: &[
            "corrupted p1 ann.1 ann as ping sent=10 answered=12 arrived=11",
            "corrupted p2 ann.1 ann as ping sent=20 answered=22 arrived=21",
            "corrupted p3 ann.1 ann as ping sent=30 answered=32 arrived=31",
        ],
    },
    Case {
        name: "untagged: under another name it is lost, and what came is a phantom",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              11 arrive p1 ann.1 name=pong
              12 accept p1
        ",
        counts: "expected=1 lost=1 phantom=1",
        examples: &[
            "lost p1 ann.1 ann as ping sent=10 answered=12 arrived=-",
            "phantom - ann.1 ann as pong sent=- answered=- arrived=11",
        ],
    },
    Case {
        name: "untagged: a tagged push under the name of those without is misrouted",
        history: "
               0 connect ann.1
               5 push p0 ann lane=1 as=ping
               6 arrive p0 ann.1
               7 accept p0
              10 push p1 ann
              11 arrive p1 ann.1 name=ping
              12 accept p1
        ",
        counts: "expected=2 delivered=2 by_name=1 misrouted=1",
        examples: &["misrouted p1 ann.1 ann as ping sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "untagged: reordered behind a tagged one, and before one",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              12 accept p1
              20 push p2 ann lane=1
              21 arrive p2 ann.1
              22 accept p2
              23 arrive p1 ann.1
              30 push p3 ann lane=1
              32 accept p3
              40 push p4 ann as=ping
              41 arrive p4 ann.1
              42 accept p4
              43 arrive p3 ann.1
        ",
        counts: "expected=4 delivered=4 by_name=2 reordered=2",
        examples: &[
            "reordered p1 ann.1 ann as ping sent=10 answered=12 arrived=23",
            "reordered p3 ann.1 ann as alert sent=30 answered=32 arrived=43",
        ],
    },
    Case {
        name: "untagged: of several that are awaited no order is judged, and all come",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              12 accept p1
              20 push p2 ann as=ping lane=1
              22 accept p2
              30 push p3 * as=ping
              32 accept p3
              33 arrive p3 ann.1
              34 arrive p2 ann.1
              35 arrive p1 ann.1
        ",
        counts: "expected=3 delivered=3 by_name=1 by_count=2",
        examples: &[],
    },
    Case {
        name: "untagged: phantom, where nothing was ever pushed so",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
             900 push p2 ann as=ping
             901 accept p2
             902 arrive p2 ann.1
            1800 arrive p2 ann.1
        ",
        counts: "expected=2 delivered=2 by_name=1 phantom=1",
        examples: &["phantom - ann.1 ann as ping sent=- answered=- arrived=1800"],
    },
    Case {
        name: "untagged: phantom, of another payload while nothing is awaited",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              11 arrive p1 ann.1
              12 accept p1
              13 arrive p1 ann.1 payload=other
        ",
        counts: "expected=1 delivered=1 by_name=1 phantom=1",
        examples: &["phantom - ann.1 ann as ping sent=- answered=- arrived=13"],
    },
    Case {
        name: "untagged: premature",
        history: "
               0 open ann.1
              10 push p1 ann as=ping
              11 arrive p1 ann.1
              12 accept p1
              20 connect ann.1
              21 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=1 by_name=1 premature=1",
        examples: &["premature p1 ann.1 ann as ping sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "untagged: refused, and comes all the same: before the answer and after it",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              11 arrive p1 ann.1
              12 reject p1
              20 push p2 ann as=ping
              22 reject p2
              23 arrive p2 ann.1
        ",
        counts: "by_name=1 phantom=2",
        examples: &[
            "phantom p1 ann.1 ann as ping sent=10 answered=12 arrived=11",
            "phantom p2 ann.1 ann as ping sent=20 answered=22 arrived=23",
        ],
    },
    Case {
        name: "untagged: refused while an unknown one may come: nobody knows which it was",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              12 unknown p1
              20 push p2 ann as=ping
              21 arrive p1 ann.1
              22 reject p2
              30 push p3 ann as=ping
              32 reject p3
              33 arrive p3 ann.1
        ",
        counts: "delivered=1 allowed=1 by_name=1 by_count=1",
        examples: &[],
    },
    Case {
        name: "untagged: what was refused or is unknown takes nobody's place",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              12 reject p1
              20 push p2 ann as=ping
              22 unknown p2
              30 push p3 ann as=ping
              31 arrive p3 ann.1
              32 accept p3
        ",
        counts: "expected=1 delivered=1 allowed=1 by_count=1",
        examples: &[],
    },
    Case {
        name: "untagged: an unknown one that comes later is nobody's copy",
        history: "
               0 connect ann.1
              10 push p1 ann as=ping
              12 unknown p1
              30 push p2 ann as=ping
              31 arrive p2 ann.1
              32 accept p2
             800 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=2 allowed=1 by_name=1 by_count=1 late=1",
        examples: &["late p1 ann.1 ann as ping sent=10 answered=12 arrived=800"],
    },
    Case {
        name: "untagged: at a new connection what the old one had is awaited last",
        history: "
               0 connect ann.1
              10 push p1 * as=ping
              11 arrive p1 ann.1
              12 accept p1
              15 leave ann.1
              20 connect ann.1
              30 push p2 * as=ping
              31 arrive p2 ann.1
              32 accept p2
             900 push p3 * as=ping
             901 arrive p3 ann.1
             902 accept p3
        ",
        counts: "expected=2 delivered=3 allowed=2 by_name=2 by_count=1",
        examples: &[],
    },
];
