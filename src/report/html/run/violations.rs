//! What went wrong: how much of each class, and the examples, which the script filters.

use std::fmt::Write as _;

use super::super::Escaped;
use crate::report::json::form::{Report, Violation};
use crate::report::text::{number, seconds};
use crate::verify::Class;

/// What each class means, in the words of docs/verification.md.
fn meaning(class: Class) -> &'static str {
    match class {
        Class::Lost => "expected, and not there when settling was over",
        Class::Duplicated => "the same push at the same socket again",
        Class::Misdelivered => "at a socket outside the audience",
        Class::Misrouted => "under another event name",
        Class::Corrupted => "with another payload than was sent",
        Class::Reordered => "before a push that was answered before this one was sent",
        Class::Late => "after the deadline",
        Class::Phantom => "explained by no push",
        Class::Premature => "before CONNECT was accepted",
    }
}

pub(super) fn write(out: &mut String, report: &Report) -> std::fmt::Result {
    let wrong = &report.deliveries.wrong;
    out.push_str("<h2 id=\"violations\">Violations</h2>\n<ul class=\"classes\">\n");
    for class in Class::ALL {
        let n = wrong.of(class);
        let style = if n > 0 { "bad" } else { "soft" };
        writeln!(
            out,
            "<li class=\"{style}\" title=\"{}\"><b>{}</b> {}</li>",
            meaning(class),
            number(n),
            class.name()
        )?;
    }
    out.push_str("</ul>\n");
    if report.violations.is_empty() {
        if wrong.violations == 0 {
            let why = if report.deliveries.expected == 0 {
                "None was seen, but nothing had to arrive."
            } else {
                "None: every delivery was the right one."
            };
            writeln!(out, "<p class=\"soft\">{why}</p>")?;
        }
        return Ok(());
    }
    let shown = report.violations.len();
    writeln!(
        out,
        "<p class=\"soft\">{shown} examples of {}; the report keeps a bounded number of each class, and counts all. Times are seconds since the start of the run.</p>",
        number(wrong.violations)
    )?;
    filter(out);
    out.push_str("<div class=\"scroll tall\" tabindex=\"0\" role=\"region\" aria-label=\"Examples of violations\">\n<table id=\"examples\">\n<thead><tr>");
    for (head, class) in [
        ("class", "text"),
        ("what", "text"),
        ("event", "text"),
        ("user", "text"),
        ("socket", ""),
        ("push", "text"),
        ("for", "text"),
        ("due", ""),
        ("sent", ""),
        ("answered", ""),
        ("arrived", ""),
    ] {
        write!(out, "<th scope=\"col\" class=\"{class}\">{head}</th>")?;
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for one in &report.violations {
        row(out, one)?;
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
    Ok(())
}

/// Shown by the script, which it is of no use without.
fn filter(out: &mut String) {
    out.push_str(
        "<form id=\"filter\" hidden>\n\
         <label>Class <select id=\"by-class\"><option value=\"\">all</option></select></label>\n\
         <label>Event <select id=\"by-event\"><option value=\"\">all</option></select></label>\n\
         <label>User <select id=\"by-user\"><option value=\"\">all</option></select></label>\n\
         <label>Text <input type=\"search\" id=\"by-text\" autocomplete=\"off\"></label>\n\
         <output id=\"found\" for=\"by-class by-event by-user by-text\"></output>\n</form>\n",
    );
}

fn row(out: &mut String, one: &Violation) -> std::fmt::Result {
    let at = |us: Option<u64>| us.map_or("–".to_owned(), seconds);
    let push = one.push.as_deref().unwrap_or("–");
    let whom = match (&one.audience, &one.push_app) {
        (Some(audience), Some(app)) => format!("{audience} in {app}"),
        _ => "–".to_owned(),
    };
    writeln!(
        out,
        "<tr data-class=\"{0}\" data-event=\"{2}\" data-user=\"{3}\"><td class=\"text bad\">{0}</td><td class=\"text wrap\">{1}</td>\
         <td class=\"text\">{2}</td><td class=\"text\">{3} <small class=\"soft\">in {4}</small></td><td>{5}</td><td class=\"text\">{6}</td><td class=\"text\">{7}</td>\
         <td>{8}</td><td>{9}</td><td>{10}</td><td>{11}</td></tr>",
        Escaped(&one.class),
        Escaped(&one.detail),
        Escaped(&one.event),
        Escaped(&one.user),
        Escaped(&one.app),
        one.socket,
        Escaped(push),
        Escaped(&whom),
        at(one.intended_us),
        at(one.sent_us),
        at(one.answered_us),
        at(one.arrived_us)
    )
}
