//! The faults of single deliveries: where each can strike, and how it does.

use super::{Altered, State, Work};
use crate::platform::faults::catalogue::Fault;
use crate::platform::faults::odds::draw;
use crate::platform::faults::outgoing::{Kind, Out, Parcel};
use crate::platform::faults::roster::Socket;
use crate::platform::faults::{alter, bytes};
use crate::platform::hub::Audience;
use crate::platform::said::{Kept, Said};
use crate::platform::token::Token;
use crate::time::Time;
use std::sync::Arc;

/// What a fault needs to know before it strikes.
#[derive(Debug)]
pub(super) enum Harm {
    /// Nothing.
    Plain,
    /// Where the copy goes.
    Victim(Token),
    /// What is delivered instead.
    Altered(Altered),
}

impl State {
    /// Whether a fault can strike this delivery, and with what.
    pub(super) fn chance(&self, fault: Fault, work: &mut Work<'_>, sid: Token) -> Option<Harm> {
        use Fault as F;
        let socket = self.out.roster.get(sid)?;
        let asked = work.asked;
        let to_one = matches!(asked.audience, Audience::User(_));
        let plain = |possible: bool| possible.then_some(Harm::Plain);
        match fault {
            F::Drop | F::Duplicate | F::DuplicateLate | F::Delay | F::Phantom => plain(true),
            F::Reorder | F::ReorderFar => plain(socket.hold.is_none()),
            F::SkipSocket => plain(to_one && work.live > 1),
            F::Swap => {
                let free = self.out.swap_waiting(asked.app).is_none();
                plain(to_one && free && socket.hold.is_none())
            }
            F::WrongUser if to_one => {
                let user = &socket.place.user;
                let fits = |other: &Socket| other.place.user != *user && other.may_be_victim();
                let drawn = draw(self.config.seed, "victim", work.pushed.number);
                let victim = self.out.roster.pick(asked.app, drawn, fits);
                victim.map(Harm::Victim)
            }
            F::WrongApp => {
                let apps = self.apps.len();
                let drawn = draw(self.config.seed, "victim", work.pushed.number);
                let mut others = (1..apps).map(|n| (asked.app + n) % apps);
                let victim =
                    others.find_map(|app| self.out.roster.pick(app, drawn, Socket::may_be_victim));
                victim.map(Harm::Victim)
            }
            F::RenameCase
            | F::RenameSpace
            | F::RenameOther
            | F::CorruptDigit
            | F::CorruptType
            | F::CorruptTruncate
            | F::CorruptUnicode
            | F::CorruptKey => self.altered(fault, work).map(Harm::Altered),
            F::WrongUser
            | F::DropTail
            | F::SkipShard
            | F::Premature
            | F::AfterLeave
            | F::Swallow
            | F::Answer500
            | F::Freeze
            | F::Stray
            | F::CrossApp
            | F::AckWrong
            | F::AckDrop
            | F::AckTwice
            | F::RecoverTwice
            | F::RecoverSwapped
            | F::RecoverForeign => None,
        }
    }

    /// The fault that takes the ack of an event that a socket sent, if one does: counted at once, for the ack is about to be queued.
    pub(in crate::platform::faults) fn ack(
        &mut self,
        sid: Token,
        event: &str,
        now: Time,
    ) -> Option<Fault> {
        let socket = self.out.roster.get(sid).filter(|socket| socket.exposed)?;
        let place = socket.place.clone();
        let all = [Fault::AckWrong, Fault::AckDrop, Fault::AckTwice];
        let fault = all.into_iter().find(|fault| self.fires(*fault))?;
        let detail = match fault {
            Fault::AckWrong => "its ack carries something else",
            Fault::AckDrop => "its ack never came",
            _ => "its ack came twice",
        };
        let example = self.out.example(Some(&place), place.app, event, detail);
        self.out.truth.count(fault, example.at(now));
        Some(fault)
    }

    /// The push as a fault alters it: worked out once for all of its deliveries.
    fn altered(&self, fault: Fault, work: &mut Work<'_>) -> Option<Altered> {
        if let Some((_, known)) = work.altered.iter().find(|(of, _)| *of == fault) {
            return known.clone();
        }
        let asked = work.asked;
        let message = asked.message.map(Said::to_kept);
        let known = &self.apps[asked.app].events;
        let altered = match alter::name(fault, asked.event, known) {
            Some(event) => Some(Altered {
                detail: format!("came as {event}"),
                event,
                message,
            }),
            None => asked
                .message
                .and_then(|message| match message {
                    Said::Json(json) => {
                        let (json, detail) = alter::payload(fault, json)?;
                        Some((Kept::Json(json), detail))
                    }
                    Said::Bytes(bytes) => {
                        let (bytes, detail) = bytes::altered(fault, bytes)?;
                        Some((Kept::Bytes(bytes), detail))
                    }
                })
                .map(|(message, detail)| Altered {
                    event: asked.event.to_owned(),
                    message: Some(message),
                    detail,
                }),
        };
        work.altered.push((fault, altered.clone()));
        altered
    }

    /// Strikes.
    pub(super) fn take(&mut self, fault: Fault, harm: Harm, work: &mut Work<'_>, sid: Token) {
        let (app, now) = (work.asked.app, work.asked.now);
        let Some(place) = self.out.roster.get(sid).map(|s| s.place.clone()) else {
            return;
        };
        let proper = self.proper(work, sid);
        let example = |detail: &str| {
            let example = self.out.example(Some(&place), app, &work.name, detail);
            Some((fault, example))
        };
        let copy = |harm| Out {
            frame: proper.frame.clone(),
            kind: Kind::Extra,
            asked: now,
            event: Arc::clone(&proper.event),
            harm,
        };
        match (fault, harm) {
            (_, Harm::Altered(altered)) => {
                let message = altered.message.as_ref().map(Kept::said);
                let out = Out {
                    frame: self.frame(place.namespace, &altered.event, message),
                    harm: example(&altered.detail),
                    ..proper
                };
                self.out.emit(sid, out, now);
            }
            (_, Harm::Victim(victim)) => {
                let target = self.out.roster.get(victim).map(|s| s.place.clone());
                let namespace = target.as_ref().map_or(0, |place| place.namespace);
                let detail = format!("was for {}", place.user);
                let victims = target.as_ref().map_or(app, |target| target.app);
                let example = self
                    .out
                    .example(target.as_ref(), victims, &work.name, &detail);
                let extra = Out {
                    frame: work.encoded.frame(namespace),
                    ..copy(Some((fault, example)))
                };
                self.out.emit(sid, proper, now);
                self.out.emit(victim, extra, now);
            }
            (Fault::Drop | Fault::SkipSocket, _) => self.out.lose(sid, fault, &proper, now),
            (Fault::Duplicate, _) => {
                let extra = copy(example("came twice"));
                self.out.emit(sid, proper, now);
                self.out.emit(sid, extra, now);
            }
            (Fault::DuplicateLate, _) => {
                let extra = copy(example("came again later"));
                self.out.emit(sid, proper, now);
                self.out.send_later(sid, extra, now + self.config.delay);
            }
            (Fault::Phantom, _) => {
                let message = Some(Said::Json("\"phantom\""));
                let extra = Out {
                    frame: self.frame(place.namespace, work.asked.event, message),
                    ..copy(example("nobody asked for it"))
                };
                self.out.emit(sid, proper, now);
                self.out.emit(sid, extra, now);
            }
            (Fault::Delay, _) => {
                let harm = example("came after the delay");
                let out = Out { harm, ..proper };
                self.out.send_later(sid, out, now + self.config.delay);
            }
            (Fault::Reorder | Fault::ReorderFar, _) => {
                let harm = example("came behind what was asked for later");
                let number = work.pushed.number;
                let out = Out { harm, ..proper };
                self.out.hold_for_order(sid, out, fault, number, now);
                work.pushed.held.push(sid);
            }
            (Fault::Swap, _) => {
                let parcel = Parcel {
                    event: work.asked.event.to_owned(),
                    message: work.asked.message.map(Said::to_kept),
                };
                let harm = example("changed places");
                let out = Out { harm, ..proper };
                self.out.hold_for_swap(app, sid, out, parcel, now);
            }
            _ => self.out.emit(sid, proper, now),
        }
    }

    /// A push at a user who is not there: it may come at somebody else's all the same.
    pub(super) fn deliver_to_others(&mut self, work: &mut Work<'_>) {
        let Audience::User(user) = work.asked.audience else {
            return;
        };
        let (app, now) = (work.asked.app, work.asked.now);
        let drawn = draw(self.config.seed, "victim", work.pushed.number);
        for fault in [Fault::Stray, Fault::CrossApp] {
            let roster = &self.out.roster;
            let apps = self.apps.len();
            let of_user = |s: &Socket| *s.place.user == *user && s.may_be_victim();
            let victim = match fault {
                _ if !self.is_on(fault) => None,
                Fault::Stray => roster.pick(app, drawn, Socket::may_be_victim),
                _ => (1..apps)
                    .map(|n| (app + n) % apps)
                    .find_map(|app| roster.pick(app, drawn, of_user)),
            };
            let place = victim.and_then(|victim| roster.get(victim));
            let Some(place) = place.map(|socket| socket.place.clone()) else {
                continue;
            };
            if self.fires(fault) {
                let detail = format!("was for {user} of {}", self.platform.apps[app].name);
                let example = self
                    .out
                    .example(Some(&place), place.app, &work.name, &detail);
                let out = Out {
                    frame: work.encoded.frame(place.namespace),
                    kind: Kind::Extra,
                    asked: now,
                    event: Arc::clone(&work.name),
                    harm: Some((fault, example)),
                };
                self.out.emit(place.sid, out, now);
                return;
            }
        }
    }

    /// Completes a swap with this delivery, if one waits for it. True: this delivery is done.
    pub(super) fn swap(&mut self, work: &mut Work<'_>, sid: Token) -> bool {
        let Audience::User(user) = work.asked.audience else {
            return false;
        };
        let (app, now) = (work.asked.app, work.asked.now);
        let place = |sid| self.out.roster.get(sid).map(|socket| &socket.place);
        let waiting = self.out.swap_waiting(app);
        let Some((first, namespace)) = waiting.and_then(|waiting| {
            let first = place(waiting)?;
            (*first.user != *user && first.is_live()).then_some((waiting, first.namespace))
        }) else {
            return false;
        };
        let here = self.out.roster.get(sid).filter(|s| s.may_be_victim());
        let Some(here) = here.map(|socket| socket.place.namespace) else {
            return false;
        };
        let there = Out {
            frame: work.encoded.frame(namespace),
            kind: Kind::Extra,
            ..self.proper(work, sid)
        };
        let Some((held, parcel)) = self.out.take_swap(app) else {
            return false;
        };
        let back = Out {
            frame: self.frame(here, &parcel.event, parcel.said()),
            kind: Kind::Extra,
            ..held
        };
        self.out.send(first, there, now);
        self.out.send(sid, back, now);
        true
    }
}
