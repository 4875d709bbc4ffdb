//! What is said of broken scenario files: every way in which people get a field wrong, with the words they get, in `cases.txt`.
//!
//! `PUSHPROOF_BLESS=1 cargo test --test scenario_mistakes` writes the words anew: read what has changed.

use std::fmt::Write as _;
use std::path::Path;

use pushproof::report::mistakes;
use pushproof::report::text::Colour;
use pushproof::scenario::{Plan, Reader};

const CASES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/scenario_mistakes/cases.txt"
);
const NAME: &str = "=== ";
const SAYS: &str = "--- says\n";
const SECRET: &str = "s3cr3t-t0ken";

fn env(name: &str) -> Option<String> {
    match name {
        "SECRET" => Some(SECRET.to_owned()),
        "ZERO" => Some("0".to_owned()),
        _ => None,
    }
}

/// What is said of a scenario file.
fn says(text: &str) -> String {
    let mut reader = Reader::default();
    reader.read("scenario.toml", text, &env);
    let mut found = reader.mistakes().to_vec();
    let mut rest = String::new();
    if let Err(problems) = Plan::from_file(reader.file(), 1) {
        for problem in &problems {
            match reader.locate(problem) {
                Some(mistake) => found.push(mistake),
                None => writeln!(rest, "error: {problem}").unwrap(),
            }
        }
    }
    mistakes::render(reader.sources(), &found, Colour::Off) + &rest
}

#[test]
fn each_broken_file_is_told_what_is_wrong_where_and_what_to_do() {
    let written = std::fs::read_to_string(CASES).expect("the cases are there");
    let mut anew = String::new();
    let mut seen = 0;
    for case in written.split(NAME).skip(1) {
        let (name, rest) = case.split_once('\n').expect("a name has a line");
        let (text, _) = rest.split_once(SAYS).expect("each case says something");
        let says = says(text);
        assert!(says.starts_with("error: "), "{name}: nothing is said");
        assert!(!says.contains(SECRET), "{name}: {says}");
        write!(anew, "{NAME}{name}\n{text}{SAYS}{says}").unwrap();
        seen += 1;
    }
    assert!(seen >= 80, "{seen} cases");
    if std::env::var_os("PUSHPROOF_BLESS").is_some() {
        std::fs::write(Path::new(CASES), &anew).expect("the cases can be written");
    } else {
        assert_eq!(written, anew, "PUSHPROOF_BLESS=1 writes it anew");
    }
}

/// What is right in the same file is not lost for what is wrong.
#[test]
fn a_file_without_mistakes_says_nothing() {
    let mut reader = Reader::default();
    let text = "seed = 3\n[target]\nurl = \"http://${HOST:-127.0.0.1}:3000\"\n[users]\ncount = \"${USERS:-40}\"\n[clients]\nreconnect = \"${AGAIN:-false}\"\n";
    reader.read("scenario.toml", text, &env);
    assert_eq!(reader.mistakes(), []);
    let plan = Plan::from_file(reader.file(), 1).unwrap();
    assert_eq!(plan.target.as_deref(), Some("http://127.0.0.1:3000"));
    assert_eq!(
        (plan.seed, plan.users, plan.clients.reconnect),
        (3, 40, false)
    );
}

/// A file of all keys is read as one by serde alone would read it.
#[test]
fn the_shipped_scenarios_read_the_same_either_way() {
    let mut reader = Reader::default();
    let text = pushproof::scenario::file::BUILT_IN;
    reader.read("scenario.toml", text, &env);
    assert_eq!(reader.mistakes(), []);
    assert_eq!(*reader.file(), pushproof::scenario::file::File::built_in());
}

#[test]
fn settings_lie_over_all_and_are_told_at_their_place() {
    let mut reader = Reader::default();
    reader.read(
        "scenario.toml",
        "[users]\ncount = 5\n[pushes]\nlanes = 2\n",
        &env,
    );
    for setting in [
        "users.count=7",
        "users.name=12{n}",
        "pushes.rate=9/s",
        "pushes.events=[\"a\", \"b\"]",
        "target.url=http://${HOST:-h}:1",
        "verify.ordering = lane",
        "users.password=5",
    ] {
        reader.set("--set", setting, &env);
    }
    assert_eq!(reader.mistakes(), []);
    let plan = Plan::from_file(reader.file(), 1).unwrap();
    assert_eq!((plan.users, plan.lanes, plan.rate), (7, 2, 9.0));
    assert_eq!(plan.user_name, "12{n}");
    assert_eq!(plan.password, "5");
    assert_eq!(plan.events, ["a", "b"]);
    assert_eq!(plan.target.as_deref(), Some("http://h:1"));
    for setting in [
        "users",
        "users.cuont=5",
        "users.count=many",
        "=5",
        "a b=5",
        "",
    ] {
        let before = reader.mistakes().len();
        reader.set("--set", setting, &env);
        assert_eq!(reader.mistakes().len(), before + 1, "{setting}");
    }
}

/// Over a file a transport takes the place of a mix; in one file the two are a contradiction.
#[test]
fn a_mix_is_read_whole_and_gives_way_to_a_setting() {
    let mut reader = Reader::default();
    let mix = "[clients.transports]\nwebsocket = 0.5\npolling = 0.25\nupgrade = 0.25\n";
    reader.read("scenario.toml", mix, &env);
    let shares = reader.file().clients.transports.expect("a mix");
    let shares = [shares.websocket, shares.polling, shares.upgrade];
    assert_eq!(shares, [Some(0.5), Some(0.25), Some(0.25)]);
    reader.set("--set", "clients.transport=polling", &env);
    assert_eq!(reader.mistakes(), []);
    assert!(Plan::from_file(reader.file(), 1).is_ok());
    assert_eq!(reader.file().clients.transports, None);
}
