//! Requests that say two things at once.

use crate::conform::case::{Capability, Judged, missed};
use crate::conform::probe::Probe;
use crate::conform::probe::session::{open_data, sid_of};
use crate::protocol::engine::SEPARATOR;
use crate::summary::conformance::Outcome;

/// A CONNECT without credentials: whether it is accepted or refused, the session has something to say about it.
const CONNECT: &str = "40";

/// Polls until a message has to have come.
const POLLS: usize = 3;

/// HS-05.
pub(super) async fn mixed(probe: Probe) -> Judged {
    let session = probe.polling().await?;
    let other = session.query().replace("EIO=4", "EIO=3");
    let answer = session.post(&other, CONNECT).await?;
    if answer.status != 400 {
        let seen = format!("EIO=3 on a session of revision 4: {answer}");
        return Err(missed("HTTP 400", seen));
    }
    let posted = session.post(&session.query(), CONNECT).await?;
    let allowed = "a session that goes on: its CONNECT is answered";
    if posted.status != 200 {
        return Err(missed(allowed, format!("posted: {posted}")));
    }
    // A ping may come first.
    for _ in 0..POLLS {
        let polled = session.poll().await?;
        if polled.status != 200 {
            return Err(missed(allowed, format!("polled: {polled}")));
        }
        if polled
            .text()
            .split(SEPARATOR)
            .any(|packet| packet.starts_with('4'))
        {
            return Ok(Outcome::Pass);
        }
    }
    Err(missed(allowed, format!("{POLLS} polls without a message")))
}

/// Which of two values counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    /// None: the request is refused.
    Refused,
    First,
    Last,
    /// Either, as it comes.
    Any,
}

/// Of a pair that holds the good value first, and of one that holds it last: whether each was accepted.
fn counts(good_first: bool, good_last: bool) -> Counts {
    match (good_first, good_last) {
        (false, false) => Counts::Refused,
        (true, false) => Counts::First,
        (false, true) => Counts::Last,
        (true, true) => Counts::Any,
    }
}

/// HS-06.
pub(super) async fn repeated(probe: Probe) -> Judged {
    // One that knows one transport alone may well look at the good value only.
    let both = probe.offers(Capability::WebSocket);
    let pairs = [
        (
            "EIO",
            "EIO=4&EIO=3&transport=polling",
            "EIO=3&EIO=4&transport=polling",
        ),
        (
            "transport",
            "EIO=4&transport=polling&transport=websocket",
            "EIO=4&transport=websocket&transport=polling",
        ),
    ];
    for (key, first, last) in pairs.into_iter().take(if both { 2 } else { 1 }) {
        let once = (
            accepted(&probe, first).await?,
            accepted(&probe, last).await?,
        );
        let again = (
            accepted(&probe, first).await?,
            accepted(&probe, last).await?,
        );
        let came = counts(once.0, once.1);
        if once != again || came == Counts::Any {
            return Err(missed(
                "a refusal, or always the same of the two",
                format!(
                    "{key} twice: {came:?}, and again {:?}",
                    counts(again.0, again.1)
                ),
            ));
        }
    }
    Ok(Outcome::Pass)
}

/// Whether a session is opened by this query; if so, its later requests have to be taken by the same one.
async fn accepted(probe: &Probe, query: &str) -> Result<bool, Outcome> {
    let answer = probe.get(query).await?;
    let Some(sid) = open_data(&answer).and_then(|data| sid_of(&data)) else {
        return Ok(false);
    };
    let sid = crate::client::http::query_value(&sid);
    let request = probe
        .request("POST", &format!("{query}&sid={sid}"))
        .text(CONNECT);
    let posted = probe.ask(&request).await?;
    if posted.status != 200 {
        return Err(missed(
            "the same of the two for the whole session",
            format!("{query} opened a session, and then: {posted}"),
        ));
    }
    Ok(true)
}
