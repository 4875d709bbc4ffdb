//! Users of a scenario, by hand: of lists, with tokens, in their own apps, and what triggers ask of them.

use super::support::{Done, Run, Scratch, done};
use super::wire::{Script, Wire};
use super::{Served, command, listening, push, untimed};

const LIST: &str = "name,password,token,app,login\n\
     ann,password-7,t-ann,demo,user-7\n\
     bob,password-8,t-bob,other,user-8\n\
     cleo,password-9,t-cleo,demo,user-9\n\
     cleo,password-9,t-cleo-too,other,user-9\n";

/// Whose users log in under another name than that by which they are pushed at.
const LOGIN: &str = "[target.login]\nbody = '{\"provider\":\"rest\",\"username\":\"{{user.login}}\",\"password\":\"{{password}}\"}'\n";
const TRIGGER: &str = "[target.trigger]\nbody = '{\"userID\":\"{{user.login}}\",\"eventName\":\"{{event}}\",\"message\":{{message}}}'\n\
     broadcast_body = '{\"userID\":\"*\",\"eventName\":\"{{event}}\",\"message\":{{message}}}'\n";

fn scenario(text: &str) -> (Scratch, String) {
    let scratch = Scratch::new();
    scratch.file("users.csv", LIST);
    let path = scratch.file("scenario.toml", text);
    (scratch, path)
}

async fn refused(name: &str, args: &[&str]) -> String {
    let refused = done(command(name, "http://127.0.0.1:1", args)).await;
    assert_eq!(
        (refused.code, refused.stdout.as_str()),
        (Some(2), ""),
        "{refused:?}"
    );
    assert!(!refused.stderr.contains("t-ann") && !refused.stderr.contains("s3cr3t"));
    refused.stderr
}

#[tokio::test]
async fn a_listed_user_listens_and_is_pushed_at_in_its_own_app() {
    let served = Served::start().await;
    let text = format!("{LOGIN}{TRIGGER}[users]\nfile = \"users.csv\"\n");
    let (_scratch, file) = scenario(&text);
    let at = ["--scenario", file.as_str()];
    let users = ["--user", "bob", "--user", "ann", "--count", "4"];
    let mut run = listening(&served.url, &[&at[..], &users].concat()).await;
    run.hears("listens in app").await;
    push(&served.url, "bob", "one", &at).await;
    push(&served.url, "ann", "two", &at).await;
    push(
        &served.url,
        "cleo",
        "nobody's",
        &[&at[..], &["--app", "demo"]].concat(),
    )
    .await;
    push(
        &served.url,
        "*",
        "three",
        &[&at[..], &["--app", "other"]].concat(),
    )
    .await;
    push(&served.url, "*", "four", &at).await;
    let done = run.end().await;
    assert_eq!(done.code, Some(0), "{done:?}");
    let mut lines = untimed(&done);
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "ann\tfour\tnull",
            "ann\ttwo\tnull",
            "bob\tone\tnull",
            "bob\tthree\tnull"
        ]
    );
    for place in [
        "bob listens in app other at ",
        "ann listens in app demo at ",
    ] {
        assert!(done.stderr.contains(place), "{done:?}");
    }
    assert!(!done.stderr.contains("password-"), "{done:?}");
}

/// What the first connection to a server shows in CONNECT, and what was said.
async fn shown(text: &str, args: &[&str], env: Option<(&str, &str)>) -> (String, Done) {
    let event = super::Message::text("42[\"heard\"]");
    let mut wire = Wire::start(vec![Script {
        before: Vec::new(),
        after: vec![event],
    }])
    .await;
    let (_scratch, file) = scenario(text);
    let mut command = command("listen", &wire.url, &["--scenario", &file, "--count", "1"]);
    command.args(args).envs(env);
    let run = Run::start(command);
    let connect = wire.read().await;
    let done = run.end().await;
    assert_eq!(done.code, Some(0), "{done:?}");
    (connect, done)
}

#[tokio::test]
async fn a_socket_shows_the_token_of_its_user_or_the_one_that_is_given() {
    let listed = "[users]\nfile = \"users.csv\"\n";
    let both = format!(
        "{listed}[target.connect]\nauth = '{{\"t\":\"{{{{token}}}}\",\"l\":\"{{{{user.login}}}}\"}}'\n[target.login]\nenabled = false\n"
    );
    let printed = "[users]\ncommand = [\"echo\", '{\"name\":\"dora\",\"token\":\"s3cr3t\"}']\n";
    let made = "[users]\ntoken = \"t-{n}\"\n";
    let given = ["--token", "s3cr3t"];
    let session = "[target.connect]\nauth = '{\"s\":\"{{session}}\"}'\n";
    for (text, args, env, connect) in [
        (
            listed,
            &["--user", "bob"][..],
            None,
            r#"40{"token":"t-bob"}"#,
        ),
        // Nobody is named: the first.
        (listed, &[], None, r#"40{"token":"t-ann"}"#),
        (listed, &["--app", "other"], None, r#"40{"token":"t-bob"}"#),
        (
            listed,
            &["--app", "other", "--user", "cleo"],
            None,
            r#"40{"token":"t-cleo-too"}"#,
        ),
        (
            &both,
            &["--user", "ann"],
            None,
            r#"40{"t":"t-ann","l":"user-7"}"#,
        ),
        (
            &both,
            &["--user", "ann", "--token", "s3cr3t"],
            None,
            r#"40{"t":"s3cr3t","l":"user-7"}"#,
        ),
        (printed, &[], None, r#"40{"token":"s3cr3t"}"#),
        (made, &["--user", "user-12"], None, r#"40{"token":"t-12"}"#),
        (made, &given, None, r#"40{"token":"s3cr3t"}"#),
        ("", &given, None, r#"40{"token":"s3cr3t"}"#),
        (
            "",
            &[],
            Some(("PUSHPROOF_TOKEN", "s3cr3t")),
            r#"40{"token":"s3cr3t"}"#,
        ),
        (
            session,
            &["--session", "s3cr3t"],
            None,
            r#"40{"s":"s3cr3t"}"#,
        ),
    ] {
        let (showed, done) = shown(text, args, env).await;
        assert_eq!(showed, connect, "{args:?}");
        let said = done.stdout + &done.stderr;
        assert!(!said.contains("s3cr3t") && !said.contains("t-"), "{said}");
    }
}

#[tokio::test]
async fn who_cannot_be_meant_is_told_before_anything_is_sent() {
    let text = format!(
        "{LOGIN}{TRIGGER}[users]\nfile = \"users.csv\"\n[target.connect]\nauth = '{{\"t\":\"{{{{token}}}}\"}}'\n"
    );
    let (_scratch, file) = scenario(&text);
    let at = ["--scenario", file.as_str()];
    let near =
        "--user: there is no \"anne\" among the 4 users of the scenario; did you mean \"ann\"?";
    for (name, args, says) in [
        ("listen", &["--user", "anne"][..], near),
        ("push", &["--user", "anne", "--event", "e"], near),
        (
            "listen",
            &["--user", "cleo"],
            "of several apps (demo, other); say with --app",
        ),
        (
            "push",
            &["--user", "cleo", "--event", "e"],
            "of several apps (demo, other); say with --app",
        ),
        (
            "listen",
            &["--user", "ann", "--app", "other"],
            "\"ann\" is a user of app demo, not of other",
        ),
        (
            "listen",
            &["--app", "third"],
            "there is no app \"third\" in the scenario; it has demo, other",
        ),
        (
            "listen",
            &["--session", "s3cr3t"],
            "--session: nothing shows it; write {{session}}",
        ),
        (
            "listen",
            &["--token", "s3cr3t", "--user", "ann", "--user", "bob"],
            "--token: one token is one user's",
        ),
        (
            "listen",
            &["--token", "s3cr3t", "--session", "s"],
            "cannot be used with",
        ),
    ] {
        let said = refused(name, &[&at[..], args].concat()).await;
        assert!(said.contains(says), "{args:?}: {said}");
    }
    let login = "[target.connect]\nauth = '{\"s\":\"{{session}}\"}'\n";
    let (_scratch, file) = scenario(login);
    let said = refused("listen", &["--scenario", &file, "--token", "s3cr3t"]).await;
    assert!(
        said.contains("--token: nothing shows it; write {{token}}"),
        "{said}"
    );
    let (_scratch, file) = scenario("[users]\ntoken = \"t-{n}\"\n");
    let said = refused("listen", &["--scenario", &file, "--user", "zoe"]).await;
    assert!(
        said.contains("no token is known for \"zoe\"; give it with --token"),
        "{said}"
    );
    // Whoever is pushed at may be nobody, unless something is asked of it.
    let one = "[users]\nfile = \"users.csv\"\n[target.trigger]\npath = \"/to/{{user.login}}\"\nbody = '{{message}}'\n";
    let (_scratch, file) = scenario(one);
    let args = ["--scenario", file.as_str(), "--user", "*", "--event", "e"];
    let said = refused("push", &args).await;
    assert!(
        said.contains(
            "a push at everyone has no {{user.login}}, which path of the trigger asks for"
        ),
        "{said}"
    );
}

#[tokio::test]
async fn bytes_are_pushed_as_they_stand_in_a_file() {
    let served = Served::start().await;
    let (scratch, file) =
        scenario("[[target.triggers]]\nkind = \"command\"\ncommand = [\"true\"]\n");
    let path = scratch.path("bytes");
    std::fs::write(&path, [0, 255, 10]).expect("a writable folder");
    let from = format!("@{path}");
    let run = listening(&served.url, &["--count", "1"]).await;
    push(&served.url, "user-0", "raw", &["--binary", &from]).await;
    let heard = run.end().await;
    assert_eq!(untimed(&heard), ["raw\t<3 bytes: 00 ff 0a>"]);
    let args = ["--user", "u", "--event", "e", "--binary"];
    for (more, says) in [
        (&[path.as_str()][..], "name a file, as @"),
        (&["@/no/such/file"], "--binary @/no/such/file"),
        (&[from.as_str(), "--message", "1"], "cannot be used with"),
        (
            &[from.as_str(), "--scenario", &file],
            "--binary: the trigger \"command\" carries no bytes: a program is handed text alone",
        ),
    ] {
        let said = refused("push", &[&args[..], more].concat()).await;
        assert!(said.contains(says), "{said}");
    }
}
