//! Histories with several faults: on one delivery, on one push, at different sockets.

use crate::script::Case;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "a damaged tag is a phantom and a loss",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 tag=damaged
              12 accept p1
        ",
        counts: "expected=1 lost=1 phantom=1",
        examples: &[
            "lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-",
            "phantom - ann.1 ann as alert sent=- answered=- arrived=11",
        ],
    },
    Case {
        name: "a payload cut in its tag is a phantom and a loss",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 tag=cut
              12 accept p1
        ",
        counts: "expected=1 lost=1 phantom=1",
        examples: &[
            "lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-",
            "phantom - ann.1 ann as alert sent=- answered=- arrived=11",
        ],
    },
    Case {
        name: "another run's tag instead of ours is a phantom and a loss",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 tag=foreign
              12 accept p1
        ",
        counts: "expected=1 lost=1 phantom=1",
        examples: &[
            "lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-",
            "phantom - ann.1 ann as alert sent=- answered=- arrived=11",
        ],
    },
    Case {
        name: "at the wrong user instead of the right one",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 ann
              11 arrive p1 bob.1
              12 accept p1
        ",
        counts: "expected=1 lost=1 misdelivered=1",
        examples: &[
            "lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-",
            "misdelivered p1 bob.1 bob as alert sent=10 answered=12 arrived=11",
        ],
    },
    Case {
        name: "one delivery, four harms: late, overtaken, renamed, changed",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              20 push p2 ann
              21 arrive p2 ann.1
              22 accept p2
             150 arrive p1 ann.1 name=news payload=other
        ",
        counts: "expected=2 delivered=2 misrouted=1 corrupted=1 reordered=1 late=1",
        examples: &[
            "misrouted p1 ann.1 ann as news sent=10 answered=12 arrived=150",
            "corrupted p1 ann.1 ann as news sent=10 answered=12 arrived=150",
            "reordered p1 ann.1 ann as news sent=10 answered=12 arrived=150",
            "late p1 ann.1 ann as news sent=10 answered=12 arrived=150",
        ],
    },
    Case {
        name: "a duplicate is nothing else: renamed, changed, late",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
             150 arrive p1 ann.1 name=news payload=other
        ",
        counts: "expected=1 delivered=1 duplicated=1",
        examples: &["duplicated p1 ann.1 ann as news sent=10 answered=12 arrived=150"],
    },
    Case {
        name: "the first copy is harmed, the second is not",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 payload=other
              12 accept p1
              13 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1 duplicated=1 corrupted=1",
        examples: &[
            "duplicated p1 ann.1 ann as alert sent=10 answered=12 arrived=13",
            "corrupted p1 ann.1 ann as alert sent=10 answered=12 arrived=11",
        ],
    },
    Case {
        name: "a misdelivery is nothing else: renamed, changed, late, again",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
             150 arrive p1 bob.1 name=news payload=other
             151 arrive p1 bob.1
        ",
        counts: "expected=1 delivered=1 misdelivered=2",
        examples: &[
            "misdelivered p1 bob.1 bob as news sent=10 answered=12 arrived=150",
            "misdelivered p1 bob.1 bob as alert sent=10 answered=12 arrived=151",
        ],
    },
    Case {
        name: "a misdelivery overtakes nobody",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 ann
              12 accept p1
              20 push p2 bob
              21 arrive p2 ann.1
              21 arrive p2 bob.1
              22 accept p2
              23 arrive p1 ann.1
        ",
        counts: "expected=2 delivered=2 misdelivered=1",
        examples: &["misdelivered p2 ann.1 ann as alert sent=20 answered=22 arrived=21"],
    },
    Case {
        name: "a refused push at the wrong user is a misdelivery first",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 ann
              12 reject p1
              13 arrive p1 bob.1
        ",
        counts: "misdelivered=1",
        examples: &["misdelivered p1 bob.1 bob as alert sent=10 answered=12 arrived=13"],
    },
    Case {
        name: "before CONNECT at the wrong user is a misdelivery first",
        history: "
               0 connect ann.1
               0 open bob.1
              10 push p1 ann
              11 arrive p1 ann.1
              11 arrive p1 bob.1
              12 accept p1
        ",
        counts: "expected=1 delivered=1 misdelivered=1",
        examples: &["misdelivered p1 bob.1 bob as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "premature, then once more as it should be",
        history: "
               0 open ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
              13 connect ann.1
              14 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=1 premature=1",
        examples: &["premature p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "premature, then refused",
        history: "
               0 open ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 reject p1
        ",
        counts: "premature=1",
        examples: &["premature p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "premature, then refused, at a socket that connects",
        history: "
               0 open ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 reject p1
              13 connect ann.1
              20 push p2 ann
              21 arrive p2 ann.1
              22 accept p2
        ",
        counts: "expected=1 delivered=1 premature=1",
        examples: &["premature p1 ann.1 ann as alert sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "refused: each copy is a phantom, before the answer",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              11 arrive p1 ann.1
              12 reject p1
        ",
        counts: "phantom=2",
        examples: &[
            "phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=11",
            "phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=11",
        ],
    },
    Case {
        name: "refused: each copy is a phantom, after the answer",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 reject p1
              13 arrive p1 ann.1
              14 arrive p1 ann.1
        ",
        counts: "phantom=2",
        examples: &[
            "phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=13",
            "phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=14",
        ],
    },
    Case {
        name: "refused: each copy is a phantom, around the answer",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 reject p1
              13 arrive p1 ann.1
        ",
        counts: "phantom=2",
        examples: &[
            "phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=11",
            "phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=13",
        ],
    },
    Case {
        name: "refused: a phantom is nothing else, before the answer",
        history: "
               0 connect ann.1
              10 push p1 ann
             150 arrive p1 ann.1 name=news payload=other
             160 reject p1
        ",
        counts: "phantom=1",
        examples: &["phantom p1 ann.1 ann as news sent=10 answered=160 arrived=150"],
    },
    Case {
        name: "refused: a phantom is nothing else, after the answer",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 reject p1
             150 arrive p1 ann.1 name=news payload=other
        ",
        counts: "phantom=1",
        examples: &["phantom p1 ann.1 ann as news sent=10 answered=12 arrived=150"],
    },
    Case {
        name: "refused before the answer: what other pushes did stands",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 name=news
              12 reject p1
              20 push p2 ann
              21 arrive p2 ann.1 name=news
              22 accept p2
        ",
        counts: "expected=1 delivered=1 misrouted=1 phantom=1",
        examples: &[
            "misrouted p2 ann.1 ann as news sent=20 answered=22 arrived=21",
            "phantom p1 ann.1 ann as news sent=10 answered=12 arrived=11",
        ],
    },
    Case {
        name: "a refused push that overtakes, before its answer",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              20 push p2 ann
              21 arrive p2 ann.1
              22 reject p2
              23 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1 reordered=1 phantom=1",
        examples: &[
            "reordered p1 ann.1 ann as alert sent=10 answered=12 arrived=23",
            "phantom p2 ann.1 ann as alert sent=20 answered=22 arrived=21",
        ],
    },
    Case {
        name: "a refused push that overtakes, after its answer",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              20 push p2 ann
              21 reject p2
              22 arrive p2 ann.1
              23 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1 reordered=1 phantom=1",
        examples: &[
            "reordered p1 ann.1 ann as alert sent=10 answered=12 arrived=23",
            "phantom p2 ann.1 ann as alert sent=20 answered=21 arrived=22",
        ],
    },
    Case {
        name: "a stale push, again and again",
        history: "
              10 push p1 ann
              12 accept p1
             300 connect ann.1
             301 arrive p1 ann.1 name=news
             302 arrive p1 ann.1 payload=other
        ",
        counts: "away=1 phantom=2",
        examples: &[
            "phantom p1 ann.1 ann as news sent=10 answered=12 arrived=301",
            "phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=302",
        ],
    },
    Case {
        name: "an unknown outcome still has to be right: renamed, changed, late, twice",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 unknown p1
             150 arrive p1 ann.1 name=news payload=other
             151 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=1 duplicated=1 misrouted=1 corrupted=1 late=1",
        examples: &[
            "duplicated p1 ann.1 ann as alert sent=10 answered=12 arrived=151",
            "misrouted p1 ann.1 ann as news sent=10 answered=12 arrived=150",
            "corrupted p1 ann.1 ann as news sent=10 answered=12 arrived=150",
            "late p1 ann.1 ann as news sent=10 answered=12 arrived=150",
        ],
    },
    Case {
        name: "two pushes exchanged between two users",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 ann
              11 push p2 bob lane=1
              12 arrive p1 bob.1
              12 arrive p2 ann.1
              13 accept p1
              13 accept p2
        ",
        counts: "expected=2 lost=2 misdelivered=2",
        examples: &[
            "lost p1 ann.1 ann as alert sent=10 answered=13 arrived=-",
            "lost p2 bob.1 bob as alert sent=11 answered=13 arrived=-",
            "misdelivered p2 ann.1 ann as alert sent=11 answered=13 arrived=12",
            "misdelivered p1 bob.1 bob as alert sent=10 answered=13 arrived=12",
        ],
    },
    Case {
        name: "a different fault at each of four sockets",
        history: "
               0 connect ann.1
               0 connect bob.1
               0 connect cat.1
               0 connect dan.1
              10 push p1 *
              11 arrive p1 bob.1
              11 arrive p1 bob.1
              11 arrive p1 cat.1 name=news
              11 arrive p1 dan.1 payload=other
              12 accept p1
        ",
        counts: "expected=4 delivered=3 lost=1 duplicated=1 misrouted=1 corrupted=1",
        examples: &[
            "lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-",
            "duplicated p1 bob.1 bob as alert sent=10 answered=12 arrived=11",
            "misrouted p1 cat.1 cat as news sent=10 answered=12 arrived=11",
            "corrupted p1 dan.1 dan as alert sent=10 answered=12 arrived=11",
        ],
    },
    Case {
        name: "a push lost before, between and after a refusal",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              20 push p2 ann
              22 reject p2
              30 push p3 ann
              32 accept p3
              40 push p4 ann
              41 arrive p4 ann.1
              42 accept p4
              50 push p5 ann
              52 accept p5
        ",
        counts: "expected=4 delivered=1 lost=3",
        examples: &[
            "lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-",
            "lost p3 ann.1 ann as alert sent=30 answered=32 arrived=-",
            "lost p5 ann.1 ann as alert sent=50 answered=52 arrived=-",
        ],
    },
    Case {
        name: "lost while there, not while away",
        history: "
              10 push p1 ann
              12 accept p1
              50 connect ann.1
              60 push p2 ann
              62 accept p2
              70 push p3 ann
              72 accept p3
             265 leave ann.1
             300 push p4 ann
             302 accept p4
        ",
        counts: "expected=1 allowed=2 missed_at_death=1 missed_at_churn=1 away=1 lost=1",
        examples: &["lost p2 ann.1 ann as alert sent=60 answered=62 arrived=-"],
    },
    Case {
        name: "a leak to another app and a loss in the own",
        history: "
               0 connect ann.1
               0 connect two:ann.1
              10 push p1 *
              11 arrive p1 two:ann.1
              12 accept p1
        ",
        counts: "expected=1 lost=1 misdelivered=1",
        examples: &[
            "lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-",
            "misdelivered p1 two:ann.1 two:ann as alert sent=10 answered=12 arrived=11",
        ],
    },
    Case {
        name: "renamed and premature is premature",
        history: "
               0 open ann.1
              10 push p1 ann
              11 arrive p1 ann.1 name=news payload=other
              12 accept p1
        ",
        counts: "away=1 premature=1",
        examples: &["premature p1 ann.1 ann as news sent=10 answered=12 arrived=11"],
    },
];
