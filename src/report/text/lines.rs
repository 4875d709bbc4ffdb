//! What is proved, in the lines of a report that has something to say of it.

use std::fmt::Write as _;

use super::number;
use crate::summary::Summary;

/// What is proved of deliveries that carry no tag, if there are any.
pub(super) fn untagged(out: &mut String, summary: &Summary) -> std::fmt::Result {
    let counts = &summary.findings.counts;
    let (by_name, by_count) = (counts.by_name, counts.by_count);
    if by_name + by_count == 0 {
        return Ok(());
    }
    write!(
        out,
        "  without tag {} each told by its event name",
        number(by_name)
    )?;
    if by_count > 0 {
        write!(out, " · {} by count only", number(by_count))?;
    }
    writeln!(out)
}
