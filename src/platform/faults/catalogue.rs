//! The faults by name.

use std::fmt;

/// One way in which the platform can be made to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A delivery that is left out.
    Drop,
    /// The last delivery before a silence that is left out.
    DropTail,
    /// A second copy, next to the first.
    Duplicate,
    /// A second copy, much later.
    DuplicateLate,
    /// A delivery that comes behind the next one.
    Reorder,
    /// A delivery that comes behind several others.
    ReorderFar,
    /// A copy at another user.
    WrongUser,
    /// A copy in another app.
    WrongApp,
    /// One of several sockets of a user that is left out.
    SkipSocket,
    /// A share of an app's sockets that a broadcast leaves out.
    SkipShard,
    /// An event name with another case of a letter.
    RenameCase,
    /// An event name with more or less white space around it.
    RenameSpace,
    /// The name of another event.
    RenameOther,
    /// A payload with another digit.
    CorruptDigit,
    /// A payload with a value of another type.
    CorruptType,
    /// A payload cut to 64 KiB.
    CorruptTruncate,
    /// A payload with a character replaced.
    CorruptUnicode,
    /// A payload without one of its keys.
    CorruptKey,
    /// A delivery after the deadline.
    Delay,
    /// An event that nobody asked for.
    Phantom,
    /// An event before CONNECT is answered.
    Premature,
    /// A delivery to a client that has left.
    AfterLeave,
    /// A push that is answered and goes nowhere.
    Swallow,
    /// A push that is refused and delivered.
    Answer500,
    /// A socket that gets nothing any more.
    Freeze,
    /// Two pushes at each other's users.
    Swap,
    /// A push at nobody that reaches somebody.
    Stray,
    /// A push at another app's user that reaches this user.
    CrossApp,
    /// An ack with something else in it.
    AckWrong,
    /// An ack that is left out.
    AckDrop,
    /// A second ack, next to the first.
    AckTwice,
    /// A second copy of what a recovered socket has missed.
    RecoverTwice,
    /// What a recovered socket has missed in another order.
    RecoverSwapped,
    /// What another user has missed, at a recovered socket.
    RecoverForeign,
}

/// How many faults there are.
pub(super) const COUNT: usize = 34;

/// Each fault with its name, what counts as an occasion, and what it does.
const TABLE: [(Fault, &str, &str, &str); COUNT] = {
    use Fault as F;
    [
        (F::Drop, "drop", "delivery", "A delivery is left out."),
        (
            F::DropTail,
            "drop-tail",
            "socket",
            "At one socket, the last delivery before each silence is left out, so that no later arrival comes close behind the gap.",
        ),
        (
            F::Duplicate,
            "duplicate",
            "delivery",
            "A delivery comes twice, one copy right behind the other.",
        ),
        (
            F::DuplicateLate,
            "duplicate-late",
            "delivery",
            "A delivery comes a second time, after --fault-delay.",
        ),
        (
            F::Reorder,
            "reorder",
            "delivery",
            "A delivery comes behind one that was asked for only after its own push was answered.",
        ),
        (
            F::ReorderFar,
            "reorder-far",
            "delivery",
            "A delivery comes behind four that were asked for only after its own push was answered.",
        ),
        (
            F::WrongUser,
            "wrong-user",
            "delivery to one user",
            "Another user of the app gets a copy as well.",
        ),
        (
            F::WrongApp,
            "wrong-app",
            "delivery",
            "A socket of another app gets a copy as well.",
        ),
        (
            F::SkipSocket,
            "skip-socket",
            "delivery to a user of several sockets",
            "One socket of a user misses what the user's others get.",
        ),
        (
            F::SkipShard,
            "skip-shard",
            "broadcast",
            "A broadcast misses one in eight of the app's sockets.",
        ),
        (
            F::RenameCase,
            "rename-case",
            "delivery",
            "The event's name comes with its first letter in the other case.",
        ),
        (
            F::RenameSpace,
            "rename-space",
            "delivery",
            "The event's name comes with a space at its end, or trimmed if it has white space around it.",
        ),
        (
            F::RenameOther,
            "rename-other",
            "delivery",
            "The event comes under the name of another event that the app has seen.",
        ),
        (
            F::CorruptDigit,
            "corrupt-digit",
            "delivery with a digit",
            "One digit of the payload is another.",
        ),
        (
            F::CorruptType,
            "corrupt-type",
            "delivery",
            "A number or literal of the payload becomes a string; a payload without any is wrapped in an array.",
        ),
        (
            F::CorruptTruncate,
            "corrupt-truncate",
            "delivery of more than 64 KiB",
            "The payload's longest text is cut so that 64 KiB are left in all.",
        ),
        (
            F::CorruptUnicode,
            "corrupt-unicode",
            "delivery with a character beyond ASCII",
            "The payload's first character beyond ASCII is replaced by U+FFFD.",
        ),
        (
            F::CorruptKey,
            "corrupt-key",
            "delivery with an object in it",
            "One key of the payload is missing, and its value with it.",
        ),
        (
            F::Delay,
            "delay",
            "delivery",
            "A delivery comes only after --fault-delay.",
        ),
        (
            F::Phantom,
            "phantom",
            "delivery",
            "A delivery is followed by an event that nobody asked for.",
        ),
        (
            F::Premature,
            "premature",
            "CONNECT",
            "An event comes right before CONNECT is answered.",
        ),
        (
            F::AfterLeave,
            "after-leave",
            "push at a socket that left",
            "A client that left the namespace at least --fault-delay ago, and kept its connection, gets a push all the same.",
        ),
        (
            F::Swallow,
            "swallow",
            "push",
            "A push is answered with 200, and nobody gets it.",
        ),
        (
            F::Answer500,
            "answer-500",
            "push",
            "A push is answered with 500, and everybody gets it.",
        ),
        (
            F::Freeze,
            "freeze",
            "socket",
            "After a few deliveries a socket gets nothing any more, while its connection and heartbeats live on.",
        ),
        (
            F::Swap,
            "swap",
            "delivery to one user",
            "Pushes at two users are delivered at one another's.",
        ),
        (
            F::Stray,
            "stray",
            "push at a user who is not there",
            "A push at a user who has no socket comes at another user of the app.",
        ),
        (
            F::CrossApp,
            "cross-app",
            "push at a user who is there in another app only",
            "A push at a user who has no socket in the app comes at a socket that the user has in another.",
        ),
        (
            F::AckWrong,
            "ack-wrong",
            "event that wants an ack",
            "The ack of an event carries something else.",
        ),
        (
            F::AckDrop,
            "ack-drop",
            "event that wants an ack",
            "The ack of an event does not come.",
        ),
        (
            F::AckTwice,
            "ack-twice",
            "event that wants an ack",
            "The ack of an event comes twice.",
        ),
        (
            F::RecoverTwice,
            "recover-twice",
            "recovery of a socket that has missed something",
            "Of what a recovered socket has missed, the first event comes twice.",
        ),
        (
            F::RecoverSwapped,
            "recover-swapped",
            "recovery of a socket that has missed two events, one clearly after the other",
            "Of what a recovered socket has missed, two events come the other way round.",
        ),
        (
            F::RecoverForeign,
            "recover-foreign",
            "recovery of a socket that has missed something, while an event of another user alone is kept",
            "A recovered socket gets an event of another user as well.",
        ),
    ]
};

impl Fault {
    /// All of them, in the order in which a delivery is offered to them.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.0)
    }

    /// Its name on the command line and in the truth.
    pub fn name(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// What the N of its rate 1/N counts.
    pub fn occasion(self) -> &'static str {
        TABLE[self as usize].2
    }

    /// What it does, in a sentence.
    pub fn sentence(self) -> &'static str {
        TABLE[self as usize].3
    }

    /// Whether it harms answers to events that clients send, and no push.
    pub fn is_of_acks(self) -> bool {
        matches!(self, Self::AckWrong | Self::AckDrop | Self::AckTwice)
    }

    /// Whether it harms what recovered sockets get of what they have missed, and nothing else.
    pub fn is_of_recovery(self) -> bool {
        matches!(
            self,
            Self::RecoverTwice | Self::RecoverSwapped | Self::RecoverForeign
        )
    }

    /// The fault of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::all().find(|fault| fault.name() == name)
    }

    /// The name most like this one.
    pub(super) fn nearest(name: &str) -> &'static str {
        let names = TABLE.iter().map(|row| row.1);
        let nearest = names.min_by_key(|known| strsim::damerau_levenshtein(known, name));
        nearest.unwrap_or_default()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, TABLE};

    #[test]
    fn the_table_is_in_order_and_names_are_words_with_hyphens() {
        for (place, (fault, name, _, sentence)) in TABLE.iter().enumerate() {
            assert_eq!(*fault as usize, place, "{name}");
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(name.chars().all(plain), "{name}");
            assert_eq!(Fault::named(name), Some(*fault));
            assert!(sentence.ends_with('.'), "{name}");
        }
        assert_eq!(Fault::nearest("duplicat"), "duplicate");
        assert_eq!(Fault::nearest("dorp"), "drop");
    }
}
