//! Requests with more in their heads than is good, and what answers say of them.

use super::bystander::Bystander;
use crate::conform::case::{Judged, missed};
use crate::conform::probe::session::POLLING;
use crate::conform::probe::{Answer, PATIENCE, Probe, ProbeError};
use crate::summary::conformance::{Missed, Outcome};

/// Line breaks in what is said, and a header that must not come of it.
const SPLIT: &str = "X-Pushproof-Split";
/// What would be run if it stood in a page.
const SCRIPT: &str = "<script>pushproof</script>";

/// SE-19.
pub(super) async fn heads(probe: Probe) -> Judged {
    let mut bystander = Bystander::new(&probe).await?;
    let long = format!("X-Long: {}\r\n\r\n", "x".repeat(100_000));
    let many = "X-Many: 1\r\n".repeat(10_000);
    // How much a target takes is for it to say: that it takes this much is told, and no more.
    let mut generous = None;
    for (what, much, rest) in [
        (
            "a control character in a header",
            false,
            "X-A: a\u{1}b\r\n\r\n".to_owned(),
        ),
        ("a NUL in a header", false, "X-A: a\0b\r\n\r\n".to_owned()),
        ("a header without a name", false, ": b\r\n\r\n".to_owned()),
        ("a header of 100 kB", true, long),
        ("10,000 headers", true, format!("{many}\r\n")),
    ] {
        let mut connection = probe.connect().await?;
        // Who refuses it early does not take all of it.
        connection
            .begin(&probe.head("GET", POLLING), &rest)
            .await
            .ok();
        let refused = match connection.answer_within(PATIENCE).await {
            Ok(answer) if (400..500).contains(&answer.status) => None,
            Ok(answer) => Some(answer.to_string()),
            Err(ProbeError::Ended) => None,
            Err(error) => Some(error.to_string()),
        };
        bystander.goes_on(what).await?;
        if let Some(seen) = refused {
            let missed = Missed {
                allowed: "HTTP 4xx, or the end of the connection".to_owned(),
                seen: format!("{what}: {seen}"),
                silent: false,
            };
            if !much {
                return Err(Outcome::Fail(missed));
            }
            generous.get_or_insert(Outcome::NonStrict(missed));
        }
    }
    splitting(&probe).await?;
    two_lengths(&probe).await?;
    bystander
        .unharmed("heads of requests that are none")
        .await?;
    Ok(generous.unwrap_or(Outcome::Pass))
}

/// Line breaks in a query make no header.
async fn splitting(probe: &Probe) -> Result<(), Outcome> {
    let split = format!("x%0d%0a{SPLIT}:%201%0d%0a%0d%0ax");
    for query in [
        format!("{POLLING}&sid={split}"),
        format!("EIO=4&transport={split}"),
        format!("{POLLING}&{split}"),
    ] {
        let answer = probe.get(&query).await?;
        if answer.header(SPLIT).is_some() {
            let seen = format!("{SPLIT} is one of the answer's headers");
            return Err(missed("an answer of the target's own headers", seen));
        }
    }
    Ok(())
}

/// A request in the body of another is not answered: not if its end is said twice.
async fn two_lengths(probe: &Probe) -> Result<(), Outcome> {
    let mut connection = probe.connect().await?;
    let hidden = format!("{}\r\n", probe.head("GET", POLLING));
    let body = format!("0\r\n\r\n{hidden}");
    let rest = format!(
        "Content-Type: text/plain\r\nContent-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n{body}",
        body.len()
    );
    let head = probe.head("POST", &format!("{POLLING}&sid=there-is-none"));
    connection.begin(&head, &rest).await?;
    let allowed = "HTTP 4xx and the end of the connection";
    match connection.answer_within(PATIENCE).await {
        Ok(answer) if (400..500).contains(&answer.status) => {}
        Err(ProbeError::Ended) => return Ok(()),
        Ok(answer) => return Err(missed(allowed, format!("two lengths: {answer}"))),
        Err(error) => return Err(error.into()),
    }
    match connection.answer_within(PATIENCE).await {
        Ok(second) => {
            let seen = format!("a request in the body of another is answered: {second}");
            Err(missed(allowed, seen))
        }
        Err(_) => Ok(()),
    }
}

/// Whether a browser takes the answer for a page.
fn is_page(answer: &Answer) -> bool {
    let kind = answer.header("content-type").unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    kind.is_empty() || kind.contains("html") || kind.contains("xml")
}

/// SE-30.
pub(super) async fn error_pages(probe: Probe) -> Judged {
    let bystander = Bystander::new(&probe).await?;
    let written = SCRIPT.replace('<', "%3C").replace('>', "%3E");
    for query in [
        format!("{POLLING}&sid={written}"),
        format!("{POLLING}&sid={SCRIPT}"),
        format!("EIO=4&transport={written}"),
        format!("EIO={written}&transport=polling"),
        format!("{POLLING}&{written}"),
    ] {
        let answer = match probe.get(&query).await {
            Ok(answer) => answer,
            // What is no query is not answered.
            Err(ProbeError::Ended) => continue,
            Err(error) => return Err(error.into()),
        };
        if is_page(&answer) && answer.text().contains(SCRIPT) {
            let seen = format!("{query}: {answer}");
            return Err(missed("a page without what was asked for in it", seen));
        }
    }
    bystander.unharmed("queries with scripts").await?;
    Ok(Outcome::Pass)
}

/// SE-29.
pub(super) async fn jsonp(probe: Probe) -> Judged {
    const CALLBACK: &str = "0](1);alert(1);//<script>";
    let bystander = Bystander::new(&probe).await?;
    let written = crate::client::http::query_value(CALLBACK);
    for callback in ["0", written.as_str()] {
        let answer = probe.get(&format!("{POLLING}&j={callback}")).await?;
        let text = answer.text();
        // A target that knows no JSONP passes over it, or refuses it.
        if answer.status != 200 || answer.is_open() {
            continue;
        }
        let index = text
            .split_once('[')
            .and_then(|(_, rest)| rest.split_once(']'));
        let digits = index.is_some_and(|(index, _)| index.bytes().all(|one| one.is_ascii_digit()));
        if is_page(&answer) || !digits {
            let kind = answer.header("content-type").unwrap_or("no Content-Type");
            return Err(missed(
                "no JSONP, or a script whose callback has digits only",
                format!("{kind}: {answer}"),
            ));
        }
    }
    bystander.unharmed("JSONP").await?;
    Ok(Outcome::Pass)
}
