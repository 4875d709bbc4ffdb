//! Histories of pushes that carry bytes: they come as one attachment, byte for byte, or they are harmed.

use crate::script::Case;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "bytes come as they were sent, however the placeholder is spelled",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 * shape=bytes
              11 arrive p1 ann.1 payload=attached
              11 arrive p1 bob.1 payload=respelled
              12 accept p1
        ",
        counts: "expected=2 delivered=2",
        examples: &[],
    },
    Case {
        name: "bytes are lost, twice there, and at somebody else's",
        history: "
               0 connect ann.1
               0 connect bob.1
              10 push p1 * shape=bytes
              11 arrive p1 ann.1 payload=attached
              12 accept p1
              13 arrive p1 ann.1 payload=attached
              20 push p2 ann shape=bytes
              21 arrive p2 ann.1 payload=attached
              21 arrive p2 bob.1 payload=attached
              22 accept p2
        ",
        counts: "expected=3 delivered=2 lost=1 duplicated=1 misdelivered=1",
        examples: &[
            "lost p1 bob.1 bob as alert sent=10 answered=12 arrived=-",
            "duplicated p1 ann.1 ann as alert sent=10 answered=12 arrived=13",
            "misdelivered p2 bob.1 bob as alert sent=20 answered=22 arrived=21",
        ],
    },
    Case {
        name: "corrupted: a byte more, an attachment more, and bytes inside of something",
        history: "
               0 connect ann.1
              10 push p1 ann shape=bytes
              11 arrive p1 ann.1 payload=changed
              12 accept p1
              20 push p2 ann shape=bytes
              21 arrive p2 ann.1 payload=doubled
              22 accept p2
              30 push p3 ann shape=bytes
              31 arrive p3 ann.1 payload=within
              32 accept p3
        ",
        counts: "expected=3 delivered=3 corrupted=3",
        examples: &[
            "corrupted p1 ann.1 ann as alert sent=10 answered=12 arrived=11",
            "corrupted p2 ann.1 ann as alert sent=20 answered=22 arrived=21",
            "corrupted p3 ann.1 ann as alert sent=30 answered=32 arrived=31",
        ],
    },
];
