//! What is no report, or one no longer, is told in one line, with what and where, and exit code 2.

use super::{EXAMPLE, Scratch, pushproof};
use proptest::prelude::*;
use pushproof::report::json;

/// What `pushproof report` says of a file with this in it.
fn said(scratch: &Scratch, bytes: &[u8]) -> String {
    let path = scratch.write("damaged.json", bytes);
    let ended = pushproof()
        .args(["report", &path])
        .output()
        .expect("it runs");
    let stderr = String::from_utf8(ended.stderr).expect("UTF-8");
    assert_eq!(ended.status.code(), Some(2), "{stderr}");
    assert!(ended.stdout.is_empty());
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr.replace(&path, "FILE")
}

fn changed(from: &str, to: &str) -> String {
    assert!(EXAMPLE.contains(from), "{from}");
    EXAMPLE.replacen(from, to, 1)
}

#[test]
fn each_kind_of_damage_is_told_in_a_line() {
    let scratch = Scratch::new("damage");
    let half = &EXAMPLE[..EXAMPLE.len() / 2];
    let (lines, column) = (
        half.lines().count(),
        half.lines().last().map_or(0, str::len),
    );
    let cut = format!(
        "error: FILE: it is no report of a run: it is cut short, it ends at line {lines} column {column}\n"
    );
    let schema = |found: &str| changed("\"pushproof.report/1\"", &format!("\"{found}\""));
    for (bytes, told) in [
        (half.to_owned(), cut.as_str()),
        (
            String::new(),
            "error: FILE: it is no report of a run: it is cut short, it ends at line 1 column 0\n",
        ),
        (
            "no JSON".to_owned(),
            "error: FILE: it is no report of a run: expected ident at line 1 column 2\n",
        ),
        (
            "{}".to_owned(),
            "error: FILE: it has no \"schema\", so it is no report; `pushproof run --json FILE` writes one\n",
        ),
        (
            schema("pushproof.report/2"),
            "error: FILE: its schema is \"pushproof.report/2\", and this version reads \"pushproof.report/1\"; take the version of pushproof that wrote it\n",
        ),
        (
            "{\"schema\":\"pushproof.capacity/1\"}".to_owned(),
            "error: FILE: its schema is \"pushproof.capacity/1\", and this version reads \"pushproof.report/1\", which `pushproof run --json FILE` writes\n",
        ),
        (
            changed("\"verdict\": \"fail\"", "\"verdict\": \"maybe\""),
            "error: FILE: it is no report of a run: verdict is \"maybe\"; it is one of pass, fail and unknown\n",
        ),
        (
            changed("\"exit_code\": 1", "\"exit_code\": \"one\""),
            "error: FILE: it is no report of a run: invalid type: string \"one\", expected u8 at line 4 column 20\n",
        ),
        (
            changed("\"exit_code\": 1,", ""),
            "error: FILE: it is no report of a run: missing field `exit_code` at line ",
        ),
    ] {
        let said = said(&scratch, bytes.as_bytes());
        assert!(said.starts_with(told), "{said}");
    }
    let at = EXAMPLE
        .lines()
        .position(|line| line.contains("\"hdr_v2_base64\""))
        .expect("a histogram");
    let damaged = said(&scratch, changed("\"HISTE", "\"HISTF").as_bytes());
    assert!(
        damaged.starts_with("error: FILE: it is no report of a run: hdr_v2_base64 is damaged: "),
        "{damaged}"
    );
    assert!(
        damaged.contains(&format!(" at line {} column ", at + 2)),
        "{damaged}"
    );
    let bytes = [EXAMPLE.as_bytes(), b"\xff"].concat();
    let told = format!(
        "error: FILE: it is no report of a run: it is no UTF-8 from byte {} on\n",
        EXAMPLE.len()
    );
    assert_eq!(said(&scratch, &bytes), told);
}

#[test]
fn a_hundred_megabytes_of_anything_are_one_error() {
    let scratch = Scratch::new("large");
    let opened = said(&scratch, &b"[".repeat(100 << 20));
    assert!(opened.contains("it is no report of a run"), "{opened}");
    let mut padded = b"{\"a\":\"".to_vec();
    padded.resize(100 << 20, b'x');
    let padded = said(&scratch, &padded);
    assert!(
        padded.contains("it is cut short, it ends at line 1 column 104857600"),
        "{padded}"
    );
}

#[test]
fn a_file_that_is_not_there_and_a_folder_are_told() {
    let scratch = Scratch::new("absent");
    for path in [scratch.path("absent.json"), scratch.path("")] {
        let ended = pushproof()
            .args(["report", &path])
            .output()
            .expect("it runs");
        assert_eq!(ended.status.code(), Some(2));
        let stderr = String::from_utf8(ended.stderr).expect("UTF-8");
        assert!(
            stderr.starts_with(&format!("error: cannot read the report {path}: ")),
            "{stderr}"
        );
    }
}

#[test]
fn two_renderings_cannot_share_standard_output_or_a_file() {
    let scratch = Scratch::new("shared");
    let report = scratch.write("report.json", EXAMPLE);
    let one = scratch.path("one");
    for (args, told) in [
        (
            ["--html", "-", "--csv", "-"],
            "error: --csv: only one report can go to standard output; name files for the others\n",
        ),
        (
            ["--html", &one, "--junit", &one],
            "error: --junit: html goes to ",
        ),
    ] {
        let ended = pushproof()
            .args(["report", &report])
            .args(args)
            .output()
            .expect("it runs");
        assert_eq!(ended.status.code(), Some(2));
        let stderr = String::from_utf8(ended.stderr).expect("UTF-8");
        assert!(stderr.starts_with(told), "{stderr}");
    }
    assert!(
        !std::path::Path::new(&one).exists(),
        "nothing is left of what was not written"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is wrong with a byte of a report, there is an error or a report that is written as it is read.
    #[test]
    fn no_byte_makes_it_panic(at in 0..EXAMPLE.len(), byte in 0_u8..128) {
        let mut bytes = EXAMPLE.as_bytes().to_vec();
        bytes[at] = byte;
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(read) = json::read(&text)
        {
            let written = json::render(&read);
            let again = json::read(&written).expect("what is written is read");
            prop_assert!(json::render(&again) == written);
            for format in pushproof::report::format::Format::ALL {
                prop_assert!(format.render(&read) == format.render(&again));
            }
        }
    }
}
