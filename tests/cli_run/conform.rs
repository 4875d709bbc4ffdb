//! `pushproof conform` from the outside. What its cases find is proved in `tests/conform.rs`.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::faults::Served;
use crate::support::{Done, Run, Scratch, done, pushproof};

async fn conform(args: &[&str]) -> Done {
    let mut command = pushproof();
    command.arg("conform").args(args);
    done(command).await
}

/// A report that keeps the published schema.
fn report(text: &str) -> Value {
    let report: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let schema = ::pushproof::report::conformance_schema();
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<_> = schema.iter_errors(&report).map(|e| e.to_string()).collect();
    assert_eq!(errors, [] as [String; 0], "{text}");
    report
}

/// `pushproof serve` with these mutants, and its URL. It ends with what is given back.
async fn serve(mutants: &[&str]) -> (Served, String) {
    let flags: Vec<_> = mutants.iter().flat_map(|name| ["--mutant", name]).collect();
    let served = Served::with(&flags).await;
    let url = format!("http://{}", served.address);
    (served, url)
}

#[tokio::test]
async fn the_embedded_platform_passes_every_case() {
    let finished = conform(&["--json", "-"]).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let report = report(&finished.stdout);
    assert_eq!(report["schema"], "pushproof.conformance/1");
    assert_eq!(report["verdict"], "pass");
    assert_eq!(report["embedded"], true);
    let count = |key: &str| report["summary"][key].as_u64().expect("a count");
    assert_eq!(
        count("cases"),
        ::pushproof::conform::case::all().count() as u64
    );
    // It has one node, and does not recover sessions.
    let kept = count("passed") + count("informed") + count("skipped");
    assert_eq!(kept, count("cases"));
    assert!(
        finished.stderr.contains("PASS  every requirement"),
        "{}",
        finished.stderr
    );
}

#[tokio::test]
async fn a_rule_that_must_be_kept_fails_the_command_and_tells_how_to_see_it_again() {
    let (_child, url) = serve(&["accept-any-EIO", "string-codes"]).await;
    let finished = conform(&["--target", &url, "--only", "hs-01,HS-03,HS-12"]).await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let out = &finished.stdout;
    for part in [
        "\nFAIL HS-03 (MUST)\n",
        "  allowed: HTTP 400\n  seen:    transport=polling: HTTP 200 0{\"sid\":",
        " → GET /socket.io/?transport=polling\n",
        &format!("  again:   pushproof conform --target {url} --case HS-03 -v\n"),
        "\nNON-STRICT HS-12 (SHOULD)\n",
        ": 1 passed, 1 failed, 1 non-strict\n",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let seen = conform(&["--target", &url, "--case", "HS-03", "-v"]).await;
    assert_eq!(seen.code, Some(1));
    assert!(
        seen.stdout
            .contains("→ GET /socket.io/?transport=polling\n"),
        "{}",
        seen.stdout
    );
}

#[tokio::test]
async fn what_should_be_kept_is_a_warning() {
    let (_child, url) = serve(&["string-codes"]).await;
    let finished = conform(&["--target", &url, "--case", "HS-12", "--json", "-"]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let warned = report(&finished.stdout);
    assert_eq!(warned["verdict"], "pass");
    assert_eq!(warned["summary"]["warned"], 1);
    assert_eq!(warned["cases"][0]["outcome"], "non-strict");
    assert!(
        warned["cases"][0]["seen"]
            .as_str()
            .expect("text")
            .contains("\"code\":\"0\"")
    );
    let must = conform(&["--target", &url, "--only", "HS-12", "--level", "MUST"]).await;
    assert_eq!(must.code, Some(2), "{must:?}");
    assert!(must.stderr.contains("no case is left"), "{}", must.stderr);
}

#[tokio::test]
async fn a_target_that_is_not_there_is_told_in_a_sentence() {
    // Bound and never listened at: nobody else gets the port meanwhile, and nobody answers.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .bind("127.0.0.1:0".parse().expect("an address"))
        .expect("a port");
    let url = format!("http://{}", socket.local_addr().expect("an address"));
    let finished = conform(&["--target", &url]).await;
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert_eq!(finished.stdout, "");
    let line = finished.stderr.trim_end();
    assert!(
        line.starts_with(&format!("error: the target {url} cannot be reached: ")),
        "{line}"
    );
    assert_eq!(line.lines().count(), 1, "{line}");
}

#[tokio::test]
async fn what_is_no_engine_io_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let answering = tokio::spawn(async move {
        loop {
            let (mut tcp, _) = listener.accept().await.expect("a connection");
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") && tcp.read_buf(&mut asked).await.expect("HTTP") > 0
            {
            }
            let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nno page";
            tcp.write_all(answer.as_bytes()).await.expect("it reads");
        }
    });
    let finished = conform(&["--target", &url]).await;
    answering.abort();
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert_eq!(
        finished.stderr,
        format!(
            "error: what answers at {url}/socket.io/ opens no Engine.IO session: long-polling: HTTP 404 no page; WebSocket: HTTP 404 no page\n"
        )
    );
}

#[tokio::test]
async fn what_was_asked_for_wrongly_is_told() {
    for (args, says) in [
        (["--only", "XX"], "there is no topic or case \"XX\""),
        (["--case", "HS-99"], "there is no topic or case \"HS-99\""),
        (
            ["--skip", "HS,AU,TR,RT,OR,PL,LV,RC,SE,MN"],
            "no case is left",
        ),
        (["--jobs", "0"], "--jobs: with none at a time"),
        (["--target", "ftp://t"], "target.url"),
        (["--set", "target.pth=/x/"], "there is no key `pth`"),
    ] {
        let finished = conform(&args).await;
        assert_eq!(finished.code, Some(2), "{args:?}: {finished:?}");
        assert!(
            finished.stderr.contains(says),
            "{args:?}: {}",
            finished.stderr
        );
    }
    let list = conform(&["--list", "--level", "must", "--skip", "HS-01"]).await;
    assert_eq!(list.code, Some(0));
    assert!(
        list.stdout
            .starts_with("HS-02  MUST    A session that began"),
        "{}",
        list.stdout
    );
    assert!(!list.stdout.contains("SHOULD"), "{}", list.stdout);
}

/// Interrupted while a case waits for a ping that is 25 s away: what has ended is in the report.
#[tokio::test]
async fn an_interrupted_suite_reports_what_has_ended() {
    let (_child, url) = serve(&[]).await;
    let mut command = pushproof();
    command.args(["conform", "--target", &url, "--only", "HS-01,HS-18"]);
    command.args(["--json", "-"]);
    let mut run = Run::start(command);
    run.hears("HS-01").await;
    run.signal("INT");
    let finished = run.end().await;
    assert_eq!(finished.code, Some(130), "{finished:?}");
    let report = report(&finished.stdout);
    assert_eq!(report["interrupted"], true);
    assert_eq!(report["verdict"], "unknown");
    assert_eq!(report["cases"].as_array().expect("cases").len(), 1);
}

#[tokio::test]
async fn several_targets_make_a_table_and_a_report_of_all() {
    let (_good, good) = serve(&[]).await;
    let (_bad, bad) = serve(&["accept-any-EIO", "string-codes"]).await;
    let dir = Scratch::new();
    let file = dir.file("bad one.toml", &format!("[target]\nurl = \"{bad}\"\n"));
    let json = dir.path("all.json");
    let targets = ["--target", &good, "--target", &file];
    let only = ["--only", "HS-01,HS-03,HS-12", "--json", &json];
    let finished = conform(&[&targets[..], &only[..]].concat()).await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let out = &finished.stdout;
    for part in [
        &format!("  [1] {good}\n  [2] bad one\n"),
        "\ncase   level   [1]         [2]\n",
        "HS-03  MUST    pass        fail\n",
        "HS-12  SHOULD  pass        non-strict\n",
        "… and 1 that are kept by all (-v shows them)\n",
        &format!("  again:   pushproof conform --target '{file}' --case HS-03 -v\n"),
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let matrix = std::fs::read_to_string(&json).expect("a report");
    let matrix: Value = serde_json::from_str(&matrix).expect("JSON");
    let schema = ::pushproof::report::conformance_matrix_schema();
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    assert!(jsonschema::is_valid(&schema, &matrix), "{matrix}");
    assert_eq!(matrix["verdict"], "fail");
    assert_eq!(matrix["targets"][0]["verdict"], "pass");
    assert_eq!(matrix["targets"][1]["name"], "bad one");

    let both = conform(&["--target", "x.toml", "--scenario", "y.toml"]).await;
    assert_eq!(both.code, Some(2), "{both:?}");
    assert!(
        both.stderr.contains("leave --scenario out"),
        "{}",
        both.stderr
    );
}

/// A target that is not there takes nothing from the others.
#[tokio::test]
async fn one_target_that_is_not_there_leaves_the_table_unknown() {
    let (_good, good) = serve(&[]).await;
    let only = ["--only", "HS-01", "--json", "-"];
    let targets = ["--target", "http://127.0.0.1:1", "--target", &good];
    let finished = conform(&[&targets[..], &only[..]].concat()).await;
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert!(
        finished
            .stderr
            .contains("error: the target http://127.0.0.1:1 cannot be reached: "),
        "{}",
        finished.stderr
    );
    let matrix: Value = serde_json::from_str(&finished.stdout).expect("JSON");
    assert_eq!(matrix["targets"].as_array().expect("targets").len(), 1);
}

#[tokio::test]
async fn a_change_from_what_was_expected_fails_in_either_direction() {
    let (_good, good) = serve(&[]).await;
    let (_bad, bad) = serve(&["accept-any-EIO"]).await;
    let dir = Scratch::new();
    let file = dir.path("expected.json");
    let only = ["--only", "HS-01,HS-03"];
    let at = async |url: &str, flag: &str| {
        conform(&[&["--target", url, flag, &file], &only[..]].concat()).await
    };
    // What is wrong and known to be so is no reason to fail.
    assert_eq!(at(&bad, "--write-expected").await.code, Some(1));
    let known = at(&bad, "--expect").await;
    assert_eq!(known.code, Some(0), "{known:?}");
    assert!(
        known
            .stdout
            .contains("\nEXPECTED  every case came to what was expected\n")
    );
    let better = at(&good, "--expect").await;
    assert_eq!(better.code, Some(1), "{better:?}");
    assert!(
        better
            .stdout
            .contains("CHANGED HS-03 was expected to be fail, and is pass\n"),
        "{}",
        better.stdout
    );
    assert_eq!(at(&good, "--write-expected").await.code, Some(0));
    assert_eq!(at(&good, "--expect").await.code, Some(0));
    assert_eq!(at(&bad, "--expect").await.code, Some(1));

    std::fs::write(
        &file,
        "{\"schema\":\"other/1\",\"target\":\"t\",\"cases\":{}}",
    )
    .expect("a file");
    let told = at(&good, "--expect").await;
    assert_eq!(told.code, Some(2), "{told:?}");
    assert!(
        told.stderr.contains("its schema is \"other/1\""),
        "{}",
        told.stderr
    );
    // What is no such file is not written over.
    let told = at(&good, "--write-expected").await;
    assert_eq!(told.code, Some(2), "{told:?}");
    let kept = std::fs::read_to_string(&file).expect("a file");
    assert!(kept.starts_with("{\"schema\":\"other/1\""));
    let twice = conform(&["--expect", "a", "--expect", "b"]).await;
    assert_eq!(twice.code, Some(2), "{twice:?}");
    assert!(
        twice.stderr.contains("1 targets, 2 files"),
        "{}",
        twice.stderr
    );
}

#[tokio::test]
async fn reports_for_viewers_pages_and_readmes_are_written() {
    let (_child, url) = serve(&["accept-any-EIO"]).await;
    let dir = Scratch::new();
    let (junit, html) = (dir.path("c.xml"), dir.path("c.html"));
    let only = ["--only", "HS-01,HS-03,HS-11", "--markdown", "-"];
    let files = ["--target", &url, "--junit", &junit, "--html", &html];
    let finished = conform(&[&files[..], &only[..]].concat()).await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let head = format!("| topic | {url} |\n|---|---|\n| HS | ❌ 1/2 |\n");
    assert!(finished.stdout.starts_with(&head), "{}", finished.stdout);
    assert!(
        finished.stderr.contains("FAIL HS-03"),
        "{}",
        finished.stderr
    );
    let junit = std::fs::read_to_string(junit).expect("a file");
    assert!(
        junit.contains("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"0\""),
        "{junit}"
    );
    let html = std::fs::read_to_string(html).expect("a file");
    assert!(
        html.contains("<td>HS-03</td><td>MUST</td><td>fail</td>"),
        "{html}"
    );
    let two = conform(&["--json", "-", "--junit", "-"]).await;
    assert_eq!(two.code, Some(2), "{two:?}");
    assert!(
        two.stderr
            .contains("only one report can go to standard output"),
        "{}",
        two.stderr
    );
}

/// Named by nothing but its URL, a server that lets nobody in as the platform does is any Socket.IO server: said, and tried as far as it goes.
#[tokio::test]
async fn a_server_of_which_nothing_is_known_is_tried_as_far_as_it_goes() {
    let served = Served::with(&["--official-echo", "--app", "elsewhere"]).await;
    let url = format!("http://{}", served.address);
    let finished = conform(&["--target", &url, "--only", "HS-01,AU-01,RT-01"]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(
        finished.stderr.starts_with("note: nobody is let in: "),
        "{}",
        finished.stderr
    );
    assert!(finished.stdout.contains("PASS"), "{}", finished.stdout);
    assert!(
        finished
            .stdout
            .contains("= it is not said how a push is asked for (target.trigger)"),
        "{}",
        finished.stdout
    );
}
