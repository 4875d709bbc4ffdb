//! Histories that look suspicious and are not: nothing is found.

use crate::script::Case;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "nothing happens",
        history: "
               0 connect ann.1
        ",
        counts: "",
        examples: &[],
    },
    Case {
        name: "pushes at nobody, whatever the answer",
        history: "
               0 connect ann.1
               0 connect two:bob.1
              10 push p1 zoe
              12 accept p1
              20 push p2 zoe
              22 reject p2
              30 push p3 ann in=two:
              32 accept p3
              40 push p4 ann in=two:
              42 unknown p4
        ",
        counts: "",
        examples: &[],
    },
    Case {
        name: "one push",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
        ",
        counts: "expected=1 delivered=1",
        examples: &[],
    },
    Case {
        name: "an arrival after the answer",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              13 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1",
        examples: &[],
    },
    Case {
        name: "an arrival before the answer",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 *
              11 arrive p1 ann.1
              50 accept p1
              51 arrive p1 bob.1
        ",
        counts: "expected=2 delivered=2",
        examples: &[],
    },
    Case {
        name: "a push for a user without sockets",
        history: "
               0 connect ann.1
              10 push p1 bob
              12 accept p1
        ",
        counts: "",
        examples: &[],
    },
    Case {
        name: "a broadcast in an app without sockets",
        history: "
               0 connect ann.1
              10 push p1 two:*
              12 accept p1
        ",
        counts: "",
        examples: &[],
    },
    Case {
        name: "a refused push that does not come",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 reject p1
        ",
        counts: "",
        examples: &[],
    },
    Case {
        name: "a refused push between others",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
              20 push p2 ann
              22 reject p2
              30 push p3 ann
              31 arrive p3 ann.1
              32 accept p3
        ",
        counts: "expected=2 delivered=2",
        examples: &[],
    },
    Case {
        name: "an unknown outcome, delivered",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 unknown p1
        ",
        counts: "delivered=1 allowed=1",
        examples: &[],
    },
    Case {
        name: "an unknown outcome, not delivered",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 unknown p1
        ",
        counts: "allowed=1",
        examples: &[],
    },
    Case {
        name: "an unknown outcome, delivered to some",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 *
              11 arrive p1 bob.1
              12 unknown p1
        ",
        counts: "delivered=1 allowed=2",
        examples: &[],
    },
    Case {
        name: "never answered, delivered",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=1",
        examples: &[],
    },
    Case {
        name: "never answered, not delivered",
        history: "
               0 connect ann.1
              10 push p1 ann
        ",
        counts: "allowed=1",
        examples: &[],
    },
    Case {
        name: "never answered: a socket that left before is not concerned",
        history: "
               0 connect ann.1
               5 leave ann.1
              10 push p1 ann
        ",
        counts: "",
        examples: &[],
    },
    Case {
        name: "never answered: a socket that never connected is not concerned",
        history: "
               0 open ann.1
              10 push p1 ann
        ",
        counts: "",
        examples: &[],
    },
    Case {
        name: "unknown: a socket that never connected is not concerned",
        history: "
               0 open ann.1
              10 push p1 ann
              12 unknown p1
        ",
        counts: "",
        examples: &[],
    },
    Case {
        name: "unknown: it may come long after, at a socket that connected long after",
        history: "
            rules deadline=1000
              10 push p1 ann
              12 unknown p1
             900 connect ann.1
             950 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=1",
        examples: &[],
    },
    Case {
        name: "connected between send and answer, delivered",
        history: "
              10 push p1 ann
              11 connect ann.1
              12 accept p1
              13 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=1",
        examples: &[],
    },
    Case {
        name: "connected between send and answer, not delivered",
        history: "
              10 push p1 ann
              11 connect ann.1
              12 accept p1
        ",
        counts: "allowed=1 missed_at_churn=1",
        examples: &[],
    },
    Case {
        name: "connected while the push settles",
        history: "
              10 push p1 *
              12 accept p1
              20 connect ann.1
              21 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=1",
        examples: &[],
    },
    Case {
        name: "left while the push was in flight, delivered",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 leave ann.1
              13 accept p1
        ",
        counts: "delivered=1 allowed=1",
        examples: &[],
    },
    Case {
        name: "left while the push was in flight, not delivered",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 leave ann.1
              12 accept p1
        ",
        counts: "allowed=1 missed_at_death=1",
        examples: &[],
    },
    Case {
        name: "left while the push settles, not delivered",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              50 leave ann.1
        ",
        counts: "allowed=1 missed_at_death=1",
        examples: &[],
    },
    Case {
        name: "left before the push was sent",
        history: "
               0 connect ann.1
               5 leave ann.1
              10 push p1 ann
              12 accept p1
        ",
        counts: "away=1",
        examples: &[],
    },
    Case {
        name: "connected after the push was over",
        history: "
              10 push p1 ann
              12 accept p1
             900 connect ann.1
        ",
        counts: "away=1",
        examples: &[],
    },
    Case {
        name: "leaves and comes again as another socket",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
             300 leave ann.1
             310 push p2 ann
             312 accept p2
             600 connect ann.2
             610 push p3 ann
             611 arrive p3 ann.2
             612 accept p3
        ",
        counts: "expected=2 delivered=2 away=4",
        examples: &[],
    },
    Case {
        name: "several sockets of one user",
        history: "
               0 connect ann.1
               0 connect ann.2
               0 connect ann.3
              10 push p1 ann
              11 arrive p1 ann.3
              11 arrive p1 ann.1
              12 accept p1
              13 arrive p1 ann.2
        ",
        counts: "expected=3 delivered=3",
        examples: &[],
    },
    Case {
        name: "the same name in another app",
        history: "
               0 connect ann.1
               0 connect two:ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
              20 push p2 two:ann
              21 arrive p2 two:ann.1
              22 accept p2
        ",
        counts: "expected=2 delivered=2",
        examples: &[],
    },
    Case {
        name: "broadcasts in two apps",
        history: "
               0 connect ann.1
               0 connect two:cat.1
              10 push p1 *
              10 push p2 two:* lane=1
              11 arrive p2 two:cat.1
              11 arrive p1 ann.1
              12 accept p1
              12 accept p2
        ",
        counts: "expected=2 delivered=2",
        examples: &[],
    },
    Case {
        name: "concurrent pushes in one order",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 push p2 ann lane=1
              12 arrive p1 ann.1
              13 arrive p2 ann.1
              14 accept p1
              14 accept p2
        ",
        counts: "expected=2 delivered=2",
        examples: &[],
    },
    Case {
        name: "concurrent pushes in the other order",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 push p2 ann lane=1
              12 arrive p2 ann.1
              13 arrive p1 ann.1
              14 accept p1
              14 accept p2
        ",
        counts: "expected=2 delivered=2",
        examples: &[],
    },
    Case {
        name: "concurrent pushes in different orders at two sockets",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 *
              11 push p2 * lane=1
              12 arrive p2 ann.1
              12 arrive p1 bob.1
              13 arrive p1 ann.1
              13 arrive p2 bob.1
              14 accept p1
              14 accept p2
        ",
        counts: "expected=4 delivered=4",
        examples: &[],
    },
    Case {
        name: "overtaken in flight: not answered when the other was sent",
        history: "
               0 connect ann.1
              10 push p1 ann
              20 push p2 ann lane=1
              21 arrive p2 ann.1
              22 accept p1
              22 accept p2
              23 arrive p1 ann.1
        ",
        counts: "expected=2 delivered=2",
        examples: &[],
    },
    Case {
        name: "overtaken across lanes where only the lane's order is promised",
        history: "
            rules order=lane
               0 connect ann.1
              10 push p1 ann lane=1
              12 accept p1
              20 push p2 ann
              21 arrive p2 ann.1
              22 accept p2
              23 arrive p1 ann.1
        ",
        counts: "expected=2 delivered=2",
        examples: &[],
    },
    Case {
        name: "overtaken where no order is promised",
        history: "
            rules order=none
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              20 push p2 ann
              21 arrive p2 ann.1
              22 accept p2
              23 arrive p1 ann.1
        ",
        counts: "expected=2 delivered=2",
        examples: &[],
    },
    Case {
        name: "overtaken, but its outcome is unknown",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 unknown p1
              20 push p2 ann
              21 arrive p2 ann.1
              22 accept p2
              23 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=2 allowed=1",
        examples: &[],
    },
    Case {
        name: "overtaken at another socket only",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 ann
              12 accept p1
              20 push p2 bob
              21 arrive p2 bob.1
              22 accept p2
              23 arrive p1 ann.1
        ",
        counts: "expected=2 delivered=2",
        examples: &[],
    },
    Case {
        name: "one user in two lanes, each in order",
        history: "
               0 connect ann.1
              10 push a1 ann
              11 push b1 ann lane=1
              12 accept a1
              13 accept b1
              13 arrive b1 ann.1
              14 arrive a1 ann.1
              20 push a2 ann
              20 push b2 ann lane=1
              21 arrive a2 ann.1
              21 arrive b2 ann.1
              22 accept a2
              22 accept b2
        ",
        counts: "expected=4 delivered=4",
        examples: &[],
    },
    Case {
        name: "re-encoded: another order of keys, spaces, escapes, spellings of numbers",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 payload=spelled
              12 accept p1
        ",
        counts: "expected=1 delivered=1",
        examples: &[],
    },
    Case {
        name: "an array",
        history: "
               0 connect ann.1
              10 push p1 ann shape=array
              11 arrive p1 ann.1
              12 accept p1
        ",
        counts: "expected=1 delivered=1",
        examples: &[],
    },
    Case {
        name: "a plain text",
        history: "
               0 connect ann.1
              10 push p1 ann shape=text
              11 arrive p1 ann.1
              12 accept p1
        ",
        counts: "expected=1 delivered=1",
        examples: &[],
    },
    Case {
        name: "another event name, as asked",
        history: "
               0 connect ann.1
              10 push p1 ann as=news
              11 arrive p1 ann.1 name=news
              12 accept p1
        ",
        counts: "expected=1 delivered=1",
        examples: &[],
    },
    Case {
        name: "sockets that never got in, beside one that did",
        history: "
               0 open ann.1
               0 open ann.2
               0 connect ann.3
              10 push p1 ann
              11 arrive p1 ann.3
              12 accept p1
              20 push p2 *
              21 arrive p2 ann.3
              22 accept p2
        ",
        counts: "expected=2 delivered=2 away=4",
        examples: &[],
    },
];
