//! Connections that end and begin: what is expected, allowed and forbidden around them, and how it is accounted for.

use crate::script::Case;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "it stops reading: what was under way and what follows is missed by its own neglect",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              20 arrive p1 ann.1
             290 push p2 ann
             292 accept p2
             400 leave ann.1 cause=stuck
             500 push p3 ann
             502 accept p3
        ",
        counts: "expected=1 delivered=1 allowed=1 missed_at_neglect=2",
        examples: &[],
    },
    Case {
        name: "it stops reading: what was over before that is lost",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             400 leave ann.1 cause=stuck
             500 push p2 *
             502 accept p2
        ",
        counts: "expected=1 missed_at_neglect=1 lost=1",
        examples: &["lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-"],
    },
    Case {
        name: "it is ended for its neglect: what was under way is missed by that, and it is away until it is back",
        history: "
               0 connect ann.1
             290 push p1 ann
             292 accept p1
             400 leave ann.1 cause=evicted
             500 push p2 ann
             502 accept p2
             800 connecting ann.1
             810 connect ann.1
             820 push p3 ann
             822 accept p3
             830 arrive p3 ann.1
        ",
        counts: "expected=1 delivered=1 allowed=1 missed_at_neglect=1 away=1",
        examples: &[],
    },
    Case {
        name: "late: even if it came at the earliest moment",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             130 arrive p1 ann.1 not-before=111
        ",
        counts: "expected=1 delivered=1 late=1",
        examples: &["late p1 ann.1 ann as alert sent=10 answered=12 arrived=130"],
    },
    Case {
        name: "held up: it may have come within the deadline, and waited to be read",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             130 arrive p1 ann.1 not-before=110
        ",
        counts: "expected=1 delivered=1 held_up=1",
        examples: &[],
    },
    Case {
        name: "held up, and then refused: a phantom and nothing else",
        history: "
               0 connect ann.1
              10 push p1 ann
             130 arrive p1 ann.1 not-before=50
             132 reject p1
        ",
        counts: "phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=10 answered=132 arrived=130"],
    },
    Case {
        name: "refused after it had come: the example tells when, and under which name",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1 name=news
              12 reject p1
        ",
        counts: "phantom=1",
        examples: &["phantom p1 ann.1 ann as news sent=10 answered=12 arrived=11"],
    },
    Case {
        name: "connecting before the push was over: allowed",
        history: "
              10 push p1 ann
              12 accept p1
             212 connecting ann.1
             230 connect ann.1
        ",
        counts: "allowed=1 missed_at_churn=1",
        examples: &[],
    },
    Case {
        name: "connecting a nanosecond after the push was over: away",
        history: "
              10 push p1 ann
              12 accept p1
             213 connecting ann.1
             230 connect ann.1
        ",
        counts: "away=1",
        examples: &[],
    },
    Case {
        name: "connecting before, accepted after the push was over, and it came: in time for nobody",
        history: "
              10 push p1 ann
              12 accept p1
             200 connecting ann.1
             230 connect ann.1
             231 arrive p1 ann.1 not-before=213
        ",
        counts: "allowed=1 missed_at_churn=1 phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=231"],
    },
    Case {
        name: "connecting before the push was over, and it may have come before that too",
        history: "
              10 push p1 ann
              12 accept p1
             200 connecting ann.1
             220 connect ann.1
             231 arrive p1 ann.1 not-before=212
        ",
        counts: "delivered=1 allowed=1 late=1",
        examples: &["late p1 ann.1 ann as alert sent=10 answered=12 arrived=231"],
    },
    Case {
        name: "a sign of life as the push was over: it may have come then too",
        history: "
              10 push p1 ann
              12 accept p1
             200 connecting ann.1
             201 connect ann.1
             212 heard ann.1
             215 arrive p1 ann.1 not-before=212
        ",
        counts: "delivered=1 allowed=1 late=1",
        examples: &["late p1 ann.1 ann as alert sent=10 answered=12 arrived=215"],
    },
    Case {
        name: "connected while it was under way, and it came: allowed",
        history: "
              10 push p1 ann
              11 connecting ann.1
              12 accept p1
              13 connect ann.1
              14 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=1",
        examples: &[],
    },
    Case {
        name: "leaving: what was over before must have come",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             212 leaving ann.1
             300 leave ann.1 cause=ours
        ",
        counts: "expected=1 lost=1",
        examples: &["lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-"],
    },
    Case {
        name: "leaving: what was not over before need not have come",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             211 leaving ann.1
             300 leave ann.1 cause=ours
        ",
        counts: "allowed=1 missed_at_churn=1",
        examples: &[],
    },
    Case {
        name: "leaving: what comes soon after the goodbye may",
        history: "
               0 connect ann.1
              10 leaving ann.1
             100 push p1 ann
             101 arrive p1 ann.1
             102 accept p1
             300 leave ann.1 cause=ours
        ",
        counts: "delivered=1 allowed=1",
        examples: &[],
    },
    Case {
        name: "leaving: sent as the goodbye had its time: may come",
        history: "
               0 connect ann.1
              10 leaving ann.1
             210 push p1 ann
             211 arrive p1 ann.1
             212 accept p1
             300 leave ann.1 cause=ours
        ",
        counts: "delivered=1 allowed=1",
        examples: &[],
    },
    Case {
        name: "leaving: sent a nanosecond after the goodbye had its time: a phantom",
        history: "
               0 connect ann.1
              10 leaving ann.1
             211 push p1 ann
             212 arrive p1 ann.1
             213 accept p1
             300 leave ann.1 cause=ours
        ",
        counts: "away=1 phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=211 answered=213 arrived=212"],
    },
    Case {
        name: "leaving: sent again when it was over",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             100 leaving ann.1
             213 arrive p1 ann.1
             300 leave ann.1 cause=ours
        ",
        counts: "allowed=1 missed_at_churn=1 phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=213"],
    },
    Case {
        name: "leaving: the server closes in answer to the goodbye: no death",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             100 leaving ann.1
             105 leave ann.1 cause=close
        ",
        counts: "allowed=1 missed_at_churn=1",
        examples: &[],
    },
    Case {
        name: "cut off by us: no death",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             100 leave ann.1 cause=abrupt
        ",
        counts: "allowed=1 missed_at_churn=1",
        examples: &[],
    },
    Case {
        name: "death: network loss",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             100 leave ann.1 cause=lost
        ",
        counts: "allowed=1 missed_at_death=1",
        examples: &[],
    },
    Case {
        name: "death: kicked",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             100 leave ann.1 cause=kick
        ",
        counts: "allowed=1 missed_at_death=1",
        examples: &[],
    },
    Case {
        name: "death: closed by the server",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             100 leave ann.1 cause=close
        ",
        counts: "allowed=1 missed_at_death=1",
        examples: &[],
    },
    Case {
        name: "death: overload",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             100 leave ann.1 cause=overload
        ",
        counts: "allowed=1 missed_at_death=1",
        examples: &[],
    },
    Case {
        name: "death: protocol error",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             100 leave ann.1 cause=protocol
        ",
        counts: "allowed=1 missed_at_death=1",
        examples: &[],
    },
    Case {
        name: "death in silence: allowed from the last sign of life on, lost before",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             100 push p2 ann
             102 accept p2
             900 leave ann.1 after=212 cause=ping
        ",
        counts: "expected=1 allowed=1 missed_at_death=1 lost=1",
        examples: &["lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-"],
    },
    Case {
        name: "death in silence: a ping was the last sign of life, whatever the end says",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             300 heard ann.1
             900 leave ann.1 after=100 cause=ping
        ",
        counts: "expected=1 lost=1",
        examples: &["lost p1 ann.1 ann as alert sent=10 answered=12 arrived=-"],
    },
    Case {
        name: "death in silence: what is sent after it and before it is noticed may miss it",
        history: "
               0 connect ann.1
             200 push p1 ann
             202 accept p1
             900 leave ann.1 after=100 by=900 cause=ping
             901 push p2 ann
             903 accept p2
        ",
        counts: "allowed=1 missed_at_death=1 away=1",
        examples: &[],
    },
    Case {
        name: "reconnected: what was sent while away",
        history: "
               0 connect ann.1
             300 leave ann.1 cause=lost
             310 push p1 ann
             312 accept p1
             600 connecting ann.1
             601 connect ann.1
             610 push p2 ann
             611 arrive p2 ann.1
             612 accept p2
        ",
        counts: "expected=1 delivered=1 away=1",
        examples: &[],
    },
    Case {
        name: "reconnected: sent while away, and still under way when it is back",
        history: "
               0 connect ann.1
             300 leave ann.1 cause=lost
             310 push p1 ann
             312 accept p1
             400 connecting ann.1
             401 connect ann.1
             402 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=1",
        examples: &[],
    },
    Case {
        name: "reconnected: came before the death, and need not come again",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
              50 leave ann.1 cause=lost
              60 connecting ann.1
              61 connect ann.1
        ",
        counts: "delivered=1 allowed=2",
        examples: &[],
    },
    Case {
        name: "reconnected: at each connection once is no duplicate while it is under way",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
              50 leave ann.1 cause=lost
              60 connecting ann.1
              61 connect ann.1
              62 arrive p1 ann.1
        ",
        counts: "delivered=2 allowed=2",
        examples: &[],
    },
    Case {
        name: "reconnected: twice at the new connection",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              50 leave ann.1 cause=lost
              60 connecting ann.1
              61 connect ann.1
              62 arrive p1 ann.1
              63 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=2 duplicated=1",
        examples: &["duplicated p1 ann.1 ann as alert sent=10 answered=12 arrived=63"],
    },
    Case {
        name: "reconnected: missed at a death and at the connect after it is a death",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
              50 leave ann.1 cause=lost
              60 connecting ann.1
              61 connect ann.1
        ",
        counts: "allowed=2 missed_at_death=1",
        examples: &[],
    },
    Case {
        name: "reconnected: a replay of what was over is a phantom",
        history: "
               0 connect ann.1
              10 push p1 ann
              11 arrive p1 ann.1
              12 accept p1
             300 leave ann.1 cause=lost
             400 connecting ann.1
             401 connect ann.1
             402 arrive p1 ann.1
        ",
        counts: "expected=1 delivered=1 phantom=1",
        examples: &["phantom p1 ann.1 ann as alert sent=10 answered=12 arrived=402"],
    },
    Case {
        name: "reconnected while the old connection lingers: each has its own",
        history: "
               0 connect ann.1
             300 leaving ann.1
             301 again ann.1
             302 connecting ann.1
             303 connect ann.1
             310 push p1 ann
             311 arrive p1 ann.1
             312 accept p1
        ",
        counts: "expected=1 delivered=1 allowed=1",
        examples: &[],
    },
    Case {
        name: "unknown: at a socket that comes back any time later",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 unknown p1
              20 leave ann.1 cause=lost
             900 connecting ann.1
             901 connect ann.1
             902 arrive p1 ann.1
             903 arrive p1 ann.1
        ",
        counts: "delivered=1 allowed=2 duplicated=1 late=1",
        examples: &[
            "duplicated p1 ann.1 ann as alert sent=10 answered=12 arrived=903",
            "late p1 ann.1 ann as alert sent=10 answered=12 arrived=902",
        ],
    },
    Case {
        name: "two sockets of a user: one dies, the other stays",
        history: "
               0 connect ann.1
               0 connect ann.2
              10 push p1 ann
              11 arrive p1 ann.2
              12 accept p1
              50 leave ann.1 cause=lost
             900 heard ann.2
        ",
        counts: "expected=1 delivered=1 allowed=1 missed_at_death=1",
        examples: &[],
    },
    Case {
        name: "a socket that never connects is away",
        history: "
               0 open ann.1
              10 push p1 ann
              12 accept p1
              20 leave ann.1 cause=close
              30 push p2 ann
              31 reject p2
        ",
        counts: "away=1",
        examples: &[],
    },
    Case {
        name: "late, long after it was over, at a connection that lasts",
        history: "
               0 connect ann.1
              10 push p1 ann
              12 accept p1
             300 push p2 ann
             301 arrive p2 ann.1
             302 accept p2
             900 arrive p1 ann.1
             901 arrive p1 ann.1
        ",
        counts: "expected=2 delivered=2 duplicated=1 reordered=1 late=1",
        examples: &[
            "duplicated p1 ann.1 ann as alert sent=10 answered=12 arrived=901",
            "reordered p1 ann.1 ann as alert sent=10 answered=12 arrived=900",
            "late p1 ann.1 ann as alert sent=10 answered=12 arrived=900",
        ],
    },
];
