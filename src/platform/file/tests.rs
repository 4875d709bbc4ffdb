use super::super::scenarios::{Step, Trigger};
use super::{AppConfig, BUILT_IN, FileError};

fn mistakes(text: &str) -> Vec<String> {
    match AppConfig::read_all("p", text) {
        Ok(apps) => panic!("nothing is wrong: {apps:?}"),
        Err(FileError(lines)) => lines,
    }
}

#[test]
fn the_built_in_platform_is_what_the_page_needs() {
    assert_eq!(AppConfig::read_all("p", BUILT_IN).map(|_| ()), Ok(()));
    let apps = AppConfig::built_in();
    let names: Vec<_> = apps.iter().map(|app| app.name.as_str()).collect();
    assert_eq!(names, ["demo", "other"]);
    for app in &apps {
        assert!(app.hints && app.sockets);
        assert_eq!(app.scenarios.len(), 6, "push/send and five of its own");
        assert!(app.scenarios[0].on.endpoint("push", "send").is_some());
        assert_eq!(app.structures.len(), 2);
    }
    let bare = apps[0].clone().without_data();
    assert_eq!((bare.structures.len(), bare.scenarios.len()), (0, 1));
    assert_eq!(bare.users, apps[0].users);
}

#[test]
fn json_says_the_same_as_toml() {
    let toml = r#"
        [[apps]]
        name = "a"
        sockets = false
        users = [{ id = "u", password = "p" }]
        structures = [{ name = "s", fields = ["f"], keep = 7, endpoints = [{ name = "all" }] }]
        [[apps.scenarios]]
        name = "n"
        on = { webhook = "w", needs = ["x"] }
        steps = [{ change = { structure = "s", id = "{{i}}", fields = { f = "{{x}}" } } }]
    "#;
    let json = r#"{"apps":[{"name":"a","sockets":false,"users":[{"id":"u","password":"p"}],
        "structures":[{"name":"s","fields":["f"],"keep":7,"endpoints":[{"name":"all"}]}],
        "scenarios":[{"name":"n","on":{"webhook":"w","needs":["x"]},
            "steps":[{"change":{"structure":"s","id":"{{i}}","fields":{"f":"{{x}}"}}}]}]}]}"#;
    let read = |text| AppConfig::read_all("p", text).unwrap().remove(0);
    let (one, other) = (read(toml), read(json));
    assert!(!one.sockets && !one.hints);
    assert_eq!(one.structures, other.structures);
    assert_eq!(one.structures[0].keep, 7);
    assert_eq!(one.scenarios, other.scenarios);
    assert_eq!(one.scenarios[1].on, Trigger::Webhook("w".into()));
    assert!(matches!(one.scenarios[1].steps[..], [Step::Change(_)]));
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_its_place() {
    let text = r#"colour = 1
[[apps]]
name = "a"
sockets = "yes"
users = [{ id = "*", password = "p" }, { id = "u" }, { id = "v", password = "p" }, { id = "v", password = "q" }]
[[apps.structures]]
name = "s"
fields = ["f", "id", "f"]
keep = 0
endpoints = [{ name = "a/b", only = { g = "x" } }]
[[apps.scenarios]]
name = "n"
on = { created = "t", sync = true }
steps = [{ reply = "x" }, { push = { user = "*" } }, { push = { user = "*", event = "e" }, reply = "" }, { create = { structure = "s", fields = { f = 1 } } }]
[[apps.scenarios]]
name = "n"
on = { endpoint = "push/send" }
steps = []
[[apps]]
name = "a"
"#;
    let expected = [
        "p:1:10: colour: there is no such key; there are apps",
        "p:4:11: apps[0].sockets: has to be true or false, and is a text",
        "p:5:17: apps[0].users[0].id: \"*\" is everyone, and nobody's id",
        "p:5:40: apps[0].users[1]: password is missing",
        "p:5:91: apps[0].users[3].id: \"v\" is there already",
        "p:8:16: apps[0].structures[0].fields[1]: \"id\" is no field's name: id and names with @ are the platform's, and braces and quotes templates could not name",
        "p:8:22: apps[0].structures[0].fields[2]: \"f\" is there already",
        "p:9:8: apps[0].structures[0].keep: has to be a whole number from 1 to 1000000",
        "p:10:23: apps[0].structures[0].endpoints[0].name: has to be of letters, digits, '-', '_' and '.', at most 100",
        "p:10:43: apps[0].structures[0].endpoints[0].only.g: there is no such field; there are f",
        "p:13:18: apps[0].scenarios[0].on.created: there is no structure \"t\"; there are s",
        "p:13:30: apps[0].scenarios[0].on.sync: goes with endpoint alone",
        "p:14:36: apps[0].scenarios[0].steps[1].push: event is missing",
        "p:14:54: apps[0].scenarios[0].steps[2]: has to have one of push, create, change, reply",
        "p:14:151: apps[0].scenarios[0].steps[3].create.fields.f: has to be a text, and is a number",
        "p:17:19: apps[0].scenarios[1].on.endpoint: there is a scenario for it already",
        "p:19:1: apps[1]: there is an app \"a\" already",
    ];
    assert_eq!(mistakes(text), expected);
}

#[test]
fn where_there_is_nothing_to_name_that_is_told() {
    let text = "[[apps]]\nname = \"a\"\n[[apps.scenarios]]\nname = \"s\"\non = { created = \"t\" }\nsteps = [{ reply = \"x\" }]\n";
    let told = mistakes(text);
    assert_eq!(
        told,
        ["p:5:18: apps[0].scenarios[0].on.created: there is no structure \"t\"; there are none"]
    );
}

#[test]
fn what_is_neither_toml_nor_json_is_told_with_its_place() {
    assert_eq!(
        mistakes(""),
        ["p:1:1: apps is missing: a platform has at least one, as [[apps]]"]
    );
    let told = mistakes("[[apps]]\nname = \n");
    assert!(told[0].starts_with("p:2:8: not TOML: "), "{told:?}");
    let told = mistakes("{\"apps\":[}");
    assert!(
        told[0].starts_with("p: not JSON: ") && told[0].contains("line 1 column"),
        "{told:?}"
    );
    assert_eq!(
        mistakes("{\"apps\":[{\"name\":1}]}"),
        ["p: apps[0].name: has to be a text, and is a number"]
    );
    assert_eq!(
        mistakes("[apps]\nname=\"x\""),
        ["p:1:1: apps: has to be a list, and is a table"]
    );
}
