//! Histories on either side of each boundary.

use crate::script::Case;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "the deadline exactly met",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             110 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1",
        examples: &[],
    },
    Case {
        name: "the deadline missed by a nanosecond",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             111 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1 late=1",
        examples: &["late p1 ann.1 ann as alert sent=10 answered=12 arrived=111"],
    },
    Case {
        name: "the deadline counts from the sending, not from the answer",
        history: "
               0 connect ann.1
              10 push p1 ann
             105 accept p1
             111 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1 late=1",
        examples: &["late p1 ann.1 ann as alert sent=10 answered=105 arrived=111"],
    },
    Case {
        name: "connected as it was sent: may or may not",
        history: "
              10 connect ann.1
              10 push p1 ann
              12 accept p1
        ",
        counts: "allowed=1 missed_at_churn=1",
        examples: &[],
    },
    Case {
        name: "connected a nanosecond before it was sent: must",
        history: "
               9 connect ann.1
              10 push p1 ann
              12 accept p1
        ",
        counts: "expected=1 lost=1",
        examples: &["lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-"],
    },
    Case {
        name: "connected as settling ended: may",
        history: "
              10 push p1 ann
              12 accept p1
             212 connect ann.1
             212 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=1 late=1",
        examples: &["late p1 ann.1 ann as alert sent=10 answered=12 arrived=212"],
    },
    Case {
        name: "connected as settling ended, and came a nanosecond later: sent anew",
        history: "
              10 push p1 ann
              12 accept p1
             212 connect ann.1
             213 arrive p1 ann.1
        ",
        counts: "allowed=1 missed_at_churn=1 phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=213"],
    },
    Case {
        name: "connected a nanosecond after settling ended: may not",
        history: "
              10 push p1 ann
              12 accept p1
             213 connect ann.1
             214 arrive p1 ann.1
        ",
        counts: "away=1 phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=214"],
    },
    Case {
        name: "left as settling ended: must have",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             212 leave ann.1
        ",
        counts: "expected=1 lost=1",
        examples: &["lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-"],
    },
    Case {
        name: "left a nanosecond before settling ended: may or may not",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             211 leave ann.1
        ",
        counts: "allowed=1 missed_at_death=1",
        examples: &[],
    },
    Case {
        name: "left as it was sent: may",
        history: "
               0 connect ann.1
              10 leave ann.1
              10 push p1 ann
              12 accept p1
        ",
        counts: "allowed=1 missed_at_death=1",
        examples: &[],
    },
    Case {
        name: "left a nanosecond before it was sent: nothing",
        history: "
               0 connect ann.1
               9 leave ann.1
              10 push p1 ann
              12 accept p1
        ",
        counts: "away=1",
        examples: &[],
    },
    Case {
        name: "accepted as the other was sent, in another lane: concurrent",
        history: "
               0 connect ann.1
              10 push p1 ann lane=1
              20 accept p1
              20 push p2 ann
              21 arrive p2 ann.1
              22 accept p2
              23 arrive p1 ann.1
        ",
        counts: "expected=2 delivered=2",
        examples: &[],
    },
    Case {
        name: "accepted a nanosecond before the other was sent: in order",
        history: "
               0 connect ann.1
              10 push p1 ann lane=1
              19 accept p1
              20 push p2 ann
              21 arrive p2 ann.1
              22 accept p2
              23 arrive p1 ann.1
        ",
        counts: "expected=2 delivered=2 reordered=1",
        examples: &["reordered p1 ann.1 ann as alert sent=10 answered=19 arrived=23"],
    },
    Case {
        name: "accepted as the next of the same lane was sent: a lane is an order of its own",
        history: "
               0 connect ann.1
              10 push p1 ann
              20 accept p1
              20 push p2 ann
              21 arrive p2 ann.1
              22 accept p2
              23 arrive p1 ann.1
        ",
        counts: "expected=2 delivered=2 reordered=1",
        examples: &["reordered p1 ann.1 ann as alert sent=10 answered=20 arrived=23"],
    },
    Case {
        name: "arrived as it was sent",
        history: "
               0 connect ann.1
              10 push p1 ann
              10 arrive p1 ann.1
              10 accept p1
        ",
        counts: "expected=1 delivered=1",
        examples: &[],
    },
    Case {
        name: "all at time zero",
        history: "
               0 connect ann.1
               0 push p1 ann
               0 arrive p1 ann.1
               0 accept p1
        ",
        counts: "delivered=1 allowed=1",
        examples: &[],
    },
    Case {
        name: "settling takes no time: left as it was answered",
        history: "
            rules settle=0
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              12 leave ann.1
        ",
        counts: "expected=1 lost=1",
        examples: &["lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-"],
    },
    Case {
        name: "settling has no end: whoever left may have missed it, whoever came may have it",
        history: "
            rules settle=for_ever
               0 connect ann.1
              10 push p1 *
              12 accept p1
             900 leave ann.1
             950 connect bob.1
             999 open cat.1
        ",
        counts: "allowed=2 missed_at_death=1 missed_at_churn=1 away=1",
        examples: &[],
    },
    Case {
        name: "left twice: the first counts",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              50 leave ann.1
             900 leave ann.1
        ",
        counts: "allowed=1 missed_at_death=1",
        examples: &[],
    },
];
