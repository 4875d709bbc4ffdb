//! Connections that go on where another ended: what the socket had missed may come, once, in order, and soon.

use crate::script::Case;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "goes on: what was missed while away comes, late as it is",
        history: "
               0 connect ann.1
             300 leave ann.1 cause=lost for-now
             310 push p1 ann
             312 accept p1
             320 push p2 *
             322 accept p2
             900 connecting ann.1
             901 goes-on ann.1
             902 arrive p1 ann.1
             903 arrive p2 ann.1
             910 push p3 ann
             911 arrive p3 ann.1
             912 accept p3
        ",
        counts: "expected=1 delivered=3 allowed=2 recovered=2",
        examples: &[],
    },
    Case {
        name: "goes on: nothing of it has to come",
        history: "
               0 connect ann.1
             300 leave ann.1 cause=lost for-now
             310 push p1 ann
             312 accept p1
             900 connecting ann.1
             901 goes-on ann.1
            1900 heard ann.1
        ",
        counts: "allowed=1 missed_at_churn=1",
        examples: &[],
    },
    Case {
        name: "goes on: twice",
        history: "
               0 connect ann.1
             300 leave ann.1 cause=lost for-now
             310 push p1 ann
             312 accept p1
             900 connecting ann.1
             901 goes-on ann.1
             902 arrive p1 ann.1
             903 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=1 recovered=1 duplicated=1",
        examples: &["duplicated p1 ann.1 ann as alert sent=310 answered=312 arrived=903"],
    },
    Case {
        name: "goes on: once more what had come before the end",
        history: "
               0 connect ann.1
             290 push p1 ann
             291 arrive p1 ann.1
             292 accept p1
             300 leave ann.1 cause=lost after=295 for-now
             400 connecting ann.1
             401 goes-on ann.1
             402 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=2 duplicated=1",
        examples: &["duplicated p1 ann.1 ann as alert sent=290 answered=292 arrived=402"],
    },
    Case {
        name: "goes on: what was over before the end is sent anew",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
             300 leave ann.1 cause=lost after=290 for-now
             400 connecting ann.1
             401 goes-on ann.1
             402 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1 phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=402"],
    },
    Case {
        name: "goes on: in the wrong order",
        history: "
               0 connect ann.1
             300 leave ann.1 cause=lost for-now
             310 push p1 ann
             312 accept p1
             320 push p2 ann
             322 accept p2
             900 connecting ann.1
             901 goes-on ann.1
             902 arrive p2 ann.1
             903 arrive p1 ann.1
        ",
        counts: "delivered=2 allowed=2 recovered=2 reordered=1",
        examples: &["reordered p1 ann.1 ann as alert sent=310 answered=312 arrived=903"],
    },
    Case {
        name: "goes on: behind what had come at the connection before",
        history: "
               0 connect ann.1
             280 push p1 ann
             282 accept p1
             290 push p2 ann
             291 arrive p2 ann.1
             292 accept p2
             300 leave ann.1 cause=lost after=295 for-now
             400 connecting ann.1
             401 goes-on ann.1
             402 arrive p1 ann.1
        ",
        counts: "delivered=2 allowed=4 recovered=1 reordered=1",
        examples: &["reordered p1 ann.1 ann as alert sent=280 answered=282 arrived=402"],
    },
    Case {
        name: "goes on: longer after it is back than anything takes is sent anew",
        history: "
               0 connect ann.1
             300 leave ann.1 cause=lost for-now
             310 push p1 ann
             312 accept p1
             900 connecting ann.1
             901 goes-on ann.1
            1102 arrive p1 ann.1
        ",
        counts: "allowed=1 missed_at_churn=1 phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=310 answered=312 arrived=1102"],
    },
    Case {
        name: "goes on: somebody else's",
        history: "
               0 connect ann.1
               0 connect bob.1
             300 leave ann.1 cause=lost for-now
             310 push p1 bob
             311 arrive p1 bob.1
             312 accept p1
             900 connecting ann.1
             901 goes-on ann.1
             902 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1 misdelivered=1",
        examples: &["misdelivered p1 ann.1 ann as alert sent=310 answered=312 arrived=902"],
    },
    Case {
        name: "goes on: refused while away",
        history: "
               0 connect ann.1
             300 leave ann.1 cause=lost for-now
             310 push p1 ann
             312 reject p1
             900 connecting ann.1
             901 goes-on ann.1
             902 arrive p1 ann.1
        ",
        counts: "phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=310 answered=312 arrived=902"],
    },
    Case {
        name: "goes on: and ends before it can have got what it is owed: the next goes on from there",
        history: "
               0 connect ann.1
             300 leave ann.1 cause=lost for-now
             310 push p1 ann
             312 accept p1
             900 connecting ann.1
             901 goes-on ann.1
             905 leave ann.1 cause=lost after=902 for-now
            1900 connecting ann.1
            1901 goes-on ann.1
            1902 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=2 recovered=1",
        examples: &[],
    },
    Case {
        name: "goes on: without a connection to go on from it is connected as any other",
        history: "
               0 connect ann.1
             300 leave ann.1 cause=lost
             310 push p1 ann
             312 accept p1
             900 connecting ann.1
             901 goes-on ann.1
             902 arrive p1 ann.1
        ",
        counts: "away=1 phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=310 answered=312 arrived=902"],
    },
    Case {
        name: "goes on: another session in between forgets it",
        history: "
               0 connect ann.1
             300 leave ann.1 cause=lost for-now
             310 push p1 ann
             312 accept p1
             900 connecting ann.1
             901 connect ann.1
             950 leave ann.1 cause=lost for-now
            1000 connecting ann.1
            1001 goes-on ann.1
            1002 arrive p1 ann.1
        ",
        counts: "away=1 phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=310 answered=312 arrived=1002"],
    },
    Case {
        name: "goes on: what carries no tag, over long ago",
        history: "
               0 connect ann.1
             300 leave ann.1 cause=lost for-now
             310 push p1 ann as=ping
             312 accept p1
            2900 connecting ann.1
            2901 goes-on ann.1
            2902 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=1 by_name=1 recovered=1",
        examples: &[],
    },
];
