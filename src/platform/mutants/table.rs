//! All mutants, each with the case that tells it, what it does wrong, and its name.

mutants! {
    /// HS-01: the open packet does not say `maxPayload`.
    DropMaxPayload = "drop-maxPayload",
    /// HS-01: the open packet has its times in seconds.
    IntervalInSeconds = "interval-in-seconds",
    /// HS-02: a session on WebSocket is offered an upgrade to WebSocket.
    UpgradesLie = "upgrades-lie",
    /// HS-03: whatever a handshake has for a version is taken for 4, unless it is 3.
    AcceptAnyEio = "accept-any-EIO",
    /// HS-04: a handshake of revision 3 is taken for one of 4.
    Treat3As4 = "treat-3-as-4",
    /// HS-05: a session's requests may say any version.
    MixProtocols = "mix-protocols",
    /// HS-06: of what stands twice in a query the first counts at the handshake, and the last from then on.
    LastFirstFlip = "last-first-flip",
    /// HS-07: a transport that is named like a property of every JavaScript object is found, and is none.
    TransportOnPrototype = "transport-lookup-on-prototype",
    /// HS-08: a WebSocket that is asked for without an upgrade is answered with 200.
    PlainGet200 = "plain-get-200",
    /// HS-09: a POST opens a session as a GET does.
    PostOpensSession = "POST-opens-session",
    /// HS-10: a session that is not there is begun.
    UnknownSidCreates = "unknown-sid-creates",
    /// HS-12: the code of a refusal is a string.
    StringCodes = "string-codes",
    /// HS-13: every path that begins as the Engine.IO path does is taken for it.
    PrefixCapture = "prefix-capture",
    /// HS-15: session ids are counted up.
    SequentialSid = "sequential-sid",
    /// HS-16: from a connection's second answer on, one to a poll says a byte less than it has.
    WrongLength = "wrong-length",
    /// HS-16: caches may keep the answer to a poll.
    Cacheable = "cacheable",
    /// HS-17: the first answer on long-polling has a ping behind the open packet.
    PingInOpen = "ping-in-open",
    /// HS-18: the first ping on WebSocket comes at once.
    PingAtZero = "ping-at-zero",
    /// HS-19: a request without a query is never answered.
    Hang = "hang",
    /// AU-01: one CONNECT is answered twice.
    TwoConnects = "two-connects",
    /// AU-03: a CONNECT without credentials lets its socket in as a guest of the first app.
    AnonymousOk = "anonymous-ok",
    /// RT-01: a push at a user reaches everyone of the app.
    BroadcastLeak = "broadcast-leak",
    /// RT-04: a push at everyone skips one in four sockets.
    SkipOneShard = "skip-one-shard",
    /// MN-01: a push reaches the sockets of the node that it was asked for at, and no others.
    LocalOnly = "local-only",
    /// MN-01: a push reaches the sockets of every other node twice.
    DupPerNode = "dup-per-node",
    /// MN-02: a push at a user reaches the sockets of the node that it was asked for at.
    FirstNodeOnly = "first-node-only",
    /// MN-03: of two pushes that come to a node from another, the first is held back until the second has gone out.
    PerNodeReorder = "per-node-reorder",
    /// MN-04: a push is answered before the other nodes have it.
    EarlyNodeAck = "early-node-ack",
    /// MN-05: a session that a node does not know is taken for one that it does.
    SidClash = "sid-clash",
    /// SE-01: a WebSocket message may have any size.
    NoMaxPayload = "no-max-payload",
    /// SE-02: the fragments of a WebSocket message may come to any size.
    FragmentFlood = "fragment-flood",
    /// SE-03: a body is read whole before its size counts.
    BufferAll = "buffer-all",
    /// SE-04: a body may take for ever to come.
    Slowloris = "slowloris",
    /// SE-05: an Engine.IO packet that begins with a letter of several bytes brings the platform down.
    PanicOnMultibyte = "panic-on-multibyte",
    /// SE-06: a text that is no Socket.IO packet, or an event that is none, is passed over.
    LenientParser = "lenient-parser",
    /// SE-07: what stands behind the array of an event is passed over.
    TrailingGarbageOk = "trailing-garbage-ok",
    /// SE-08: as many attachments are waited for as a packet says, whatever it says.
    AllocByCount = "alloc-by-count",
    /// SE-10: a binary event without attachments is kept for ever.
    ZeroAttachmentLeak = "zero-attachment-leak",
    /// SE-11: attachments are waited for as long as the connection lives.
    PartialForever = "partial-forever",
    /// SE-11: a text in place of an attachment is taken for it.
    SpliceText = "splice-text",
    /// SE-12: a placeholder that names no attachment stands for the first.
    PlaceholderOverride = "placeholder-override",
    /// SE-13: an event whose name is a placeholder is called by what stands there.
    NameByAttachment = "name-by-attachment",
    /// SE-14: a binary message that nothing announced is passed over.
    IgnoreBinary = "ignore-binary",
    /// SE-15: JSON that is nested deeply brings the platform down.
    RecursiveWalk = "recursive-walk",
    /// SE-16: a connection that is reset while it is asked something brings the platform down.
    UnhandledUpgradeError = "unhandled-upgrade-error",
    /// SE-17: a bad frame that comes along with the request for its WebSocket brings the platform down.
    CrashOnEarlyFrame = "crash-on-early-frame",
    /// SE-18, RT-16: a client's event named `error` brings the platform down.
    CrashOnErrorEvent = "crash-on-error-event",
    /// SE-19: an answer has the session id that was asked for in a header, line breaks and all.
    HeaderEcho = "header-echo",
    /// SE-19: a connection goes on behind a body that says two lengths.
    ClTe = "CL.TE",
    /// SE-20: on long-polling every page is let in.
    CorsReflect = "cors-reflect",
    /// SE-20: on WebSocket every page is let in.
    WsNoOrigin = "ws-no-origin",
    /// SE-21: every page may ask with its reader's cookies.
    ReflectWithCredentials = "reflect-with-credentials",
    /// SE-22: a preflight is refused.
    Preflight400 = "preflight-400",
    /// SE-23: a session on long-polling is found by the public id of its socket.
    EioSidPublic = "eio-sid-public",
    /// SE-24: a cookie that scripts can read has the session's id.
    IdentityCookie = "identity-cookie",
    /// SE-25: namespaces that are asked for pile up, and beyond three hundred none is answered.
    NamespaceLeak = "namespace-leak",
    /// SE-26: a namespace that is not there is taken for the main one.
    NspFallthrough = "nsp-fallthrough",
    /// SE-28: who waits for attachments need not join.
    PreAuthBuffer = "pre-auth-buffer",
    /// SE-29: JSONP is on, in a page, with whatever callback is asked for.
    JsonpXss = "jsonp-xss",
    /// SE-30: the page that refuses a session id has it in it.
    ReflectSid = "reflect-sid",
    /// SE-31: who breaks the protocol of Socket.IO ends everybody's connection.
    SharedFate = "shared-fate",
    /// SE-32: a fatal packet ends its connection a tenth of a second later.
    ProcessAfterError = "process-after-error",
    /// SE-35: a refusal says what was shown.
    LeakSecret = "leak-secret",
    /// TR-01: letters that are not ASCII are question marks on long-polling.
    PollingOnlyBug = "polling-only-bug",
    /// TR-02: a second poll at once is answered with a noop, and the first goes on.
    BothServed = "both-served",
    /// TR-03: the packets of POSTs are handled as they come, of several at once by turns.
    InterleaveBodies = "interleave-bodies",
    /// TR-04: a poll that is given up is forgotten, and its session goes on.
    KeepSessionAfterAbort = "keep-session-after-abort",
    /// TR-05: nothing stands between the packets in the answer to a poll.
    LostSeparator = "lost-separator",
    /// TR-05: of several packets in the answer to a poll the last stands there twice.
    DupOnPoll = "dup-on-poll",
    /// TR-06: all that waits goes into the answer to a poll.
    OversizePoll = "oversize-poll",
    /// TR-07: bytes on long-polling are in the alphabet of URLs.
    B64UrlAlphabet = "b64-url-alphabet",
    /// TR-08: what is no base64 is passed over.
    LenientB64 = "lenient-b64",
    /// TR-09: a POST of `application/octet-stream` is never answered.
    HangOnOctet = "hang-on-octet",
    /// TR-10: what is posted for a session on a WebSocket is handled.
    SidHijackCrossTransport = "sid-hijack-cross-transport",
    /// TR-11: a session on a WebSocket is moved to another that asks for it.
    StealBySecondWs = "steal-by-second-ws",
    /// TR-12: the poll that is under way when an upgrade begins is released, and none after it.
    OneNoopOnly = "one-noop-only",
    /// TR-13: what waits while a session moves is lost.
    LoseDuringUpgrade = "lose-during-upgrade",
    /// TR-13: what waits while a session moves goes out twice.
    DupDuringUpgrade = "dup-during-upgrade",
    /// TR-14, OR-09: what is posted during an upgrade is handled a little later than what comes behind it, and what waits when it ends goes out in reverse.
    ReorderOnUpgrade = "reorder-on-upgrade",
    /// TR-15: an upgrade that is broken off takes its session with it.
    HalfUpgradeBlackhole = "half-upgrade-blackhole",
    /// TR-16: an upgrade that stalls is never dropped.
    LeakOnStalledUpgrade = "leak-on-stalled-upgrade",
    /// TR-17: a session moves without a probe.
    UpgradeWithoutProbe = "upgrade-without-probe",
    /// TR-18: a session moves to any WebSocket that names it, at once.
    HijackBySid = "hijack-by-sid",
    /// TR-20: of one POST the first sixteen packets are handled, and all are answered for.
    SilentPacketCap = "silent-packet-cap",
    /// TR-22: frames of a client need no mask.
    AcceptUnmasked = "accept-unmasked",
    /// LV-01: no ping is ever sent.
    NoPing = "no-ping",
    /// LV-02: a ping that is not answered means nothing.
    NoPingTimeout = "no-ping-timeout",
    /// LV-03: a ping that is answered counts as one that is not.
    SpuriousTimeout = "spurious-timeout",
    /// LV-04: each pong that nobody asked for is answered with a ping.
    PongFlood = "pong-flood",
    /// LV-06: a WebSocket whose client has fallen silent stays until its connection breaks.
    HalfOpenForever = "half-open-forever",
    /// LV-07: a push waits until every client of the app has read what waits for it.
    HeadOfLineBlock = "head-of-line-block",
    /// LV-08: what comes for a client for whom too much waits is dropped.
    SilentDropWhenFull = "silent-drop-when-full",
    /// LV-09: any number of bytes may wait for a client.
    UnboundedBuffer = "unbounded-buffer",
    /// LV-10: that a WebSocket's connection has ended is noticed with the ping that is not answered.
    LazyClose = "lazy-close",
    /// LV-11: a close packet on long-polling is passed over.
    CloseIgnored = "close-ignored",
    /// LV-12: a close packet on a WebSocket is passed over.
    CloseIgnoredWs = "close-ignored-ws",
    /// LV-13: whoever leaves one namespace loses the connection.
    LeavingClosesAll = "41-closes-all",
    /// LV-15: time stands still for a session on long-polling that has no poll under way.
    SessionLeak = "session-leak",
    /// RT-02: a push at a user reaches the first of their sockets alone.
    FirstSessionOnly = "first-session-only",
    /// RT-02: a push at a user with several sockets comes twice at each.
    DupPerSession = "dup-per-session",
    /// RT-03: a push at a user who is not there waits for them.
    DeliverLate = "deliver-late",
    /// RT-05: a push in one app reaches all apps.
    CrossAppLeak = "cross-app-leak",
    /// RT-06: a push at a user whose id has a `*` in it is one at everyone.
    StarUserIsBroadcast = "star-user-is-broadcast",
    /// RT-07: ids that differ in their case alone are the same.
    Casefold = "casefold",
    /// RT-07: ids that are the same once they are composed are the same.
    Normalise = "normalise",
    /// RT-07: a push at a user reaches those whose ids begin with that one.
    PrefixMatch = "prefix-match",
    /// RT-08: the id of a user may be that of a socket, or of an app's room.
    RoomNameCollision = "room-name-collision",
    /// RT-09: users who are named like a property of every JavaScript object are never found.
    PrototypeRoom = "prototype-room",
    /// RT-10: one in a thousand pushes at a user reaches another as well.
    LeakOneInThousand = "leak-1-in-1000",
    /// RT-11: a push at everyone is sent to each socket once for each room that it is in.
    DupPerRoom = "dup-per-room",
    /// RT-12: spaces around an event's name are cut off.
    NameTrim = "name-trim",
    /// RT-13: a client's event whose name has an escape in it is ignored.
    EscapedNameDropped = "escaped-name-dropped",
    /// RT-14: reserved names are pushed like any other.
    ReservedNamesOk = "reserved-names-ok",
    /// RT-15: a client's event of a reserved name is ignored.
    ReservedFromClientOk = "reserved-from-client-ok",
    /// RT-17: a socket that leaves its namespace stays a member.
    GhostMember = "ghost-member",
    /// RT-18: what is sent in a further namespace is sent in the main one.
    LeakOtherNamespace = "leak-other-namespace",
    /// RT-19: a socket becomes a member with the first push after its CONNECT, which it misses.
    LateJoin = "late-join",
    /// RT-20: the first push after somebody left reaches nobody.
    LostUnderChurn = "lost-under-churn",
    /// RT-21: the answer to a push counts one delivery too many.
    CountLies = "count-lies",
    /// RT-22: a client's event reaches everyone of the app.
    ClientCanPublish = "client-can-publish",
    /// OR-01: every fifth push is overtaken by the next.
    Reorder = "reorder",
    /// OR-02: what is sent while something waits for the client overtakes the last of it.
    ReorderUnderLoad = "reorder-under-load",
    /// OR-03: a push at everyone waits for the next one at a user.
    TwoQueues = "two-queues",
    /// OR-04: every other push goes through a queue that waits for the next push in the other.
    PerNodeQueues = "per-node-queues",
    /// OR-06: every twentieth push is delivered twice.
    Dup = "dup",
    /// OR-07: every hundredth delivery is left out.
    DropEveryHundredth = "drop-every-100th",
    /// OR-08: every twentieth push is followed by one that nobody asked for.
    Phantom = "phantom",
    /// OR-10: a push of more than 64 KiB is overtaken by the next.
    SmallOvertakesLarge = "small-overtakes-large",
    /// OR-11: the attachments of an event are sent behind the next push.
    InterleavedAttachments = "interleaved-attachments",
    /// OR-12: every ack is sent twice.
    AckTwice = "ack-twice",
    /// OR-12: one in ten acks is not sent.
    AckLost = "ack-lost",
    /// OR-13: ack ids are floating-point numbers.
    AckIdFloat = "ack-id-float",
    /// OR-14: an ack that nobody asked for ends its connection.
    CrashOnUnknownAck = "crash-on-unknown-ack",
    /// OR-15: what is sent while 128 packets wait for the client is dropped.
    BoundedQueue128 = "bounded-queue-128",
    /// PL-01: an argument that is null is left out.
    NullDropped = "null-dropped",
    /// PL-02: an event without arguments is delivered with null.
    PadWithNull = "pad-with-null",
    /// PL-03: several arguments are delivered as one array.
    ArgsWrapped = "args-wrapped",
    /// PL-03: a single array is delivered as several arguments.
    ArraySpread = "array-spread",
    /// PL-04: letters beyond the basic plane are replaced.
    MangleUnicode = "mangle-unicode",
    /// PL-05: a U+001E in a text goes out as it is.
    RawRs = "raw-RS",
    /// PL-07: every other receiver gets large numbers as floating-point ones.
    NumberDrift = "number-drift",
    /// PL-08: a number that no float can hold goes out as Infinity.
    Infinity = "infinity",
    /// PL-09: the keys of objects are sorted.
    SortKeys = "sort-keys",
    /// PL-10: a key `__proto__` sets its object's prototype, and is seen no more.
    ProtoPollution = "proto-pollution",
    /// PL-11: an object that looks like a placeholder is taken for one, whose attachment is not there.
    PlaceholderConfusion = "placeholder-confusion",
    /// PL-12: what is said in one text ends after 64 KiB.
    Truncate64k = "truncate-64k",
    /// PL-13: a push above the limit ends the connections that it is for.
    OversizeKillsClient = "oversize-kills-client",
    /// PL-14: attachments go out in reverse.
    BinarySwap = "binary-swap",
    /// PL-15: placeholders are taken to be in the order of the attachments.
    BinaryByPosition = "binary-by-position",
    /// PL-16: a client's event whose placeholders do not begin with `_placeholder` is ignored.
    KeyOrderSensitive = "key-order-sensitive",
    /// PL-17: where an attachment is used twice, the second place has null.
    DupNumLost = "dup-num-lost",
    /// PL-18: white space in what a client sends ends its connection.
    WsIntolerant = "ws-intolerant",
    /// PL-19: a client's event that is nested deeper than 90 is ignored, and so is a push.
    SilentDepthDrop = "silent-depth-drop",
    /// AU-02: a socket has the id of its session, which is a secret.
    SidReusedFromEio = "sid-reused-from-eio",
    /// AU-04: credentials that are no strings are good as long as they are there.
    TruthyCheck = "truthy-check",
    /// AU-05: a session is good in every app.
    CheckOneOnly = "check-one-only",
    /// AU-06: a session that was logged out of is still good.
    NoExpiry = "no-expiry",
    /// AU-07: a refusal is a bare string.
    StringPayload = "string-payload",
    /// AU-08: a refusal tells whether it was the app that is not there.
    Oracle = "oracle",
    /// AU-09: a socket is a member for a while before its CONNECT is answered.
    JoinBeforeAck = "join-before-ack",
    /// AU-10: a socket that is refused is a member all the same.
    JoinBeforeAuth = "join-before-auth",
    /// AU-11: an event before CONNECT is answered as any other.
    EventBeforeConnectOk = "event-before-connect-ok",
    /// AU-12: a connection may take for ever to join a namespace.
    NoConnectTimeout = "no-connect-timeout",
    /// AU-13: a connection that was refused may stay for ever.
    RefusedStays = "refused-stays",
    /// AU-14: a connection that was refused once is refused for good.
    PoisonedConnection = "poisoned-connection",
    /// AU-15: credentials that are no object let their socket in as a guest.
    AcceptAnyAuthType = "accept-any-auth-type",
    /// AU-16: a second CONNECT makes the socket that of whom it shows.
    ReconnectAsOtherUser = "reconnect-as-other-user",
    /// AU-17: a second CONNECT has the socket get the pushes of whom it shows as well.
    IdentityMerge = "identity-merge",
    /// AU-18: a namespace that is not there lets everybody in.
    AcceptAnyNamespace = "accept-any-namespace",
    /// AU-19: who is in one namespace is let into others without credentials.
    AuthBypassSecondNamespace = "auth-bypass-second-namespace",
    /// AU-20: an event named `connect` or `connection` authenticates as CONNECT does.
    LifecycleByEvent = "lifecycle-by-event",
    /// AU-21: credentials in the query of the handshake count before those of CONNECT.
    QueryOverridesAuth = "query-overrides-auth",
    /// AU-22: a namespace that was left cannot be joined again on the same connection.
    NoRejoin = "no-rejoin",
    /// AU-23: credentials are checked slowly, and one after the other.
    SerialAuth = "serial-auth",
    /// AU-24: events that come while credentials are checked are dropped.
    DropPipelined = "drop-pipelined",
    /// AU-25: pushes wait until all credentials that came before them are checked, however many they are.
    UnboundedAuthQueue = "unbounded-auth-queue",
    /// RC-01: a session that has had a socket is locked for others.
    StaleSessionLock = "stale-session-lock",
    /// RC-02: what was pushed at a user who was not there is delivered when they come.
    SurpriseReplay = "surprise-replay",
    /// RC-03: a socket gets the last push at its user again when it joins.
    DupOnReconnect = "dup-on-reconnect",
    /// RC-04: where many sockets join at once, some are taken for those of another user.
    StormCrosstalk = "storm-crosstalk",
    /// RC-13: the id of a session that has ended opens one.
    StaleSidAccepted = "stale-sid-accepted",
    /// RC-14: an event that was sent before is dropped without an ack.
    DedupWithoutAck = "dedup-without-ack",
    /// RC-05: the private id of a socket is its public one.
    PidIsSid = "pid-is-sid",
    /// RC-06: a socket that is back misses the first of what it has missed for good.
    ReplayGap = "replay-gap",
    /// RC-06: a socket that is back gets the first of what it has missed twice.
    ReplayDup = "replay-dup",
    /// RC-07: whoever shows a private id that nobody has is the last socket of their session.
    PidGuess = "pid-guess",
    /// RC-08: whoever shows a private id is its socket, whosever credentials they show.
    PidTheft = "pid-theft",
    /// RC-09: whoever shows a private id is let in, whether their session is still good or not.
    RecoverRevoked = "recover-revoked",
    /// RC-10: a socket that left or was ended can be recovered.
    RecoverAfterKick = "recover-after-kick",
    /// RC-11: where an offset is not known any more, the last of what was missed is replayed.
    SilentPartialReplay = "silent-partial-replay",
    /// RC-12: a socket that is back can be recovered once more.
    DoubleRecovery = "double-recovery",
    /// MN-13: a socket whose node is another is told that it is recovered, and gets nothing.
    RecoverClaims = "recover-claims",
    /// PL-20: the ack of a client's event has an offset behind its own arguments.
    OffsetLeak = "offset-leak",
    /// LV-14: pushes are accepted, and reach nobody, while the platform ends.
    DropOnShutdown = "drop-on-shutdown",
    /// SE-27: once there are as many connections as there may be, no other is ever let in again.
    FdExhaustion = "fd-exhaustion",
    /// MN-08: a node that is gone is waited for with every push.
    GhostNode = "ghost-node",
    /// MN-09: when a node has ended, pushes are accepted for a while that reach nobody at the others.
    DropBeyondGap = "drop-beyond-gap",
}
