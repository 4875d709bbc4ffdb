//! Users of odd names.

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Crowd, Publisher, To, User, exactly};
use crate::conform::probe::Probe;
use crate::conform::probe::socket::Socket;
use crate::history;
use crate::summary::conformance::Outcome;

/// Somebody whom none of the pushes is for.
struct Bystander {
    user: User,
    socket: Socket,
    _seat: Crowd,
}

async fn bystander(probe: &Probe) -> Result<Bystander, Outcome> {
    let (user, seat) = probe.user().await?;
    let socket = probe.come(&user).await?;
    Ok(Bystander {
        user,
        socket,
        _seat: seat,
    })
}

/// Somebody of this name, or none where such a name is refused.
async fn somebody(probe: &Probe, name: &str) -> Result<Option<(User, Socket)>, Outcome> {
    let user = probe.named(name);
    let Ok(shows) = probe.try_log_in(&user).await else {
        return Ok(None);
    };
    match probe.socket(&shows).await {
        Ok(socket) => Ok(Some((user, socket))),
        Err(Outcome::Fail(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Users of these names, as many of them as are let in.
struct Odd {
    users: Vec<User>,
    sockets: Vec<Socket>,
    publisher: Publisher,
}

impl Odd {
    async fn come(probe: &Probe, names: &[String]) -> Result<Self, Outcome> {
        let (mut users, mut sockets) = (Vec::new(), Vec::new());
        for name in names {
            if let Some((user, socket)) = somebody(probe, name).await? {
                users.push(user);
                sockets.push(socket);
            }
        }
        Ok(Self {
            users,
            sockets,
            publisher: probe.publisher(),
        })
    }

    /// That each gets the push at them, unless such pushes are refused, and nobody gets another's.
    async fn apart(mut self, probe: &Probe, mut bystander: Bystander) -> Judged {
        let event = probe.event_name();
        let mut due = Vec::new();
        for (n, user) in self.users.iter().enumerate() {
            let message = probe.message(n as u64);
            let asked = self.publisher.ask(To::User(user), &event, &message).await;
            due.push(match asked.outcome {
                history::Outcome::Accepted => Some(message),
                history::Outcome::Rejected => None,
                history::Outcome::Unknown => {
                    return Err(Outcome::Unknown(asked.why.unwrap_or_default()));
                }
            });
        }
        let (user, socket) = (&bystander.user, &mut bystander.socket);
        let heard = self.publisher.heard(user, socket).await?;
        exactly("nothing at a user whom no push is for", &heard, &[])?;
        // Whoever cannot be pushed at has to hear nothing, and cannot be told when.
        let mut there = (Vec::new(), Vec::new(), Vec::new());
        for ((user, mut socket), due) in self.users.into_iter().zip(self.sockets).zip(due) {
            if let Some(message) = due {
                there.0.push(user);
                there.1.push(socket);
                there.2.push(message);
            } else {
                socket.quiet(std::time::Duration::from_millis(1)).await?;
            }
        }
        let (users, mut sockets, due) = there;
        let heard = self.publisher.heard_by_each(&users, &mut sockets).await?;
        for ((heard, due), user) in heard.iter().zip(due).zip(&users) {
            let what = format!("the push at {:?}, and no other", user.name);
            exactly(&what, heard, &[due])?;
        }
        Ok(Outcome::Pass)
    }
}

/// RT-06.
pub(super) async fn star(probe: Probe) -> Judged {
    let bystander = bystander(&probe).await?;
    let names = ["*", "**", "%2A", "\\*"].map(str::to_owned);
    let odd = Odd::come(&probe, &names).await?;
    odd.apart(&probe, bystander).await
}

/// RT-07.
pub(super) async fn exact(probe: Probe) -> Judged {
    let bystander = bystander(&probe).await?;
    let mark = probe.mark().to_owned();
    let mut names: Vec<_> = [
        // The case.
        "Bob",
        "bob",
        "BOB",
        // Composed, and not.
        "caf\u{e9}",
        "cafe\u{301}",
        // Spaces and signs.
        "bo b",
        "a/b",
        "a,b",
        "a:b",
        "a#b",
        "a?b",
        "a&b=c",
        "a\nb",
        "a\tb",
        // Other scripts, from right to left too.
        "\u{1f600}",
        "Привет",
        "\u{5d0}\u{5d1}",
        "\u{202e}bob",
        // What nobody sees.
        "bo\u{200b}b",
        "bo\u{feff}b",
    ]
    .iter()
    .map(|name| format!("{mark}{name}"))
    .collect();
    let plain = format!("{mark}bob");
    // One that begins, and one that ends with another, and spaces at both ends.
    names.extend([
        format!("{plain}by"),
        format!("{plain} "),
        format!(" {plain}"),
        format!("{plain}{}", "x".repeat(1_000)),
        format!("{plain}{}", "x".repeat(1_001)),
    ]);
    let odd = Odd::come(&probe, &names).await?;
    if odd.users.len() < 2 {
        let told = "users of no two of these names can log in";
        return Err(Outcome::Unknown(told.to_owned()));
    }
    odd.apart(&probe, bystander).await
}

/// RT-08.
pub(super) async fn rooms(probe: Probe) -> Judged {
    let bystander = bystander(&probe).await?;
    let (app, user) = (&bystander.user.app, &bystander.user.name);
    let names = [
        bystander.socket.sid.clone(),
        bystander.socket.session.clone(),
        "/".to_owned(),
        app.clone(),
        format!("app:{app}"),
        format!("user:{user}"),
        format!("{app}:{user}"),
        format!("{app}/{user}"),
        format!("{app}#{user}"),
        format!("app:{app}:user:{user}"),
        format!("[\"app\",\"{app}\"]"),
        format!("[\"user\",\"{app}\",\"{user}\"]"),
    ];
    let mut odd = Odd::come(&probe, &names).await?;
    // Those who are not let in can be pushed at all the same.
    let event = probe.event_name();
    for name in &names {
        if !odd.users.iter().any(|user| user.name == *name) {
            let to = probe.named(name);
            odd.publisher.ask(To::User(&to), &event, "0").await;
        }
    }
    odd.apart(&probe, bystander).await
}

/// RT-09.
pub(super) async fn prototypes(probe: Probe) -> Judged {
    let bystander = bystander(&probe).await?;
    let names = [
        "__proto__",
        "constructor",
        "toString",
        "hasOwnProperty",
        "0",
        "null",
        "undefined",
        "",
    ];
    let odd = Odd::come(&probe, &names.map(str::to_owned)).await?;
    let there = odd.users.len();
    let outcome = odd.apart(&probe, bystander).await?;
    // The process is alive, too.
    let again = Odd::come(&probe, &names.map(str::to_owned)).await?;
    if again.users.len() == there {
        return Ok(outcome);
    }
    Err(missed(
        format!("the same {there} users let in again"),
        format!("{} of them", again.users.len()),
    ))
}
