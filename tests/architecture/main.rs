//! Holds the source to the tables of `ARCHITECTURE.md`: who imports whom, who touches the world, how long a file may be.

mod house;
mod scan;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use house::House;
use scan::{Scan, scan};

/// A file without its tests has at most so many lines, unless the table of long files says otherwise.
const MOST_LINES: usize = 400;

struct Source {
    /// From the repository's root.
    file: String,
    /// The module below the crate's root that it belongs to; `lib` and `main` for the roots.
    module: String,
    scan: Scan,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn house() -> House {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    House::parse(&text)
}

/// Every source file that the crate is made of: `lib.rs` and `main.rs`, and what their `mod` lines lead to.
fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for top in ["lib", "main"] {
        let file = root().join("src").join(top).with_extension("rs");
        read(&mut sources, &file, &[], top, false);
    }
    sources
}

fn read(sources: &mut Vec<Source>, file: &Path, module: &[String], top: &str, test: bool) {
    let code = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let scan = scan(&code, module, test).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    for child in &scan.children {
        let mut below = module.to_vec();
        below.push(child.name.clone());
        let place = place(file, child);
        read(sources, &place, &below, &below[0], child.test);
    }
    let file = file.strip_prefix(root()).unwrap();
    sources.push(Source {
        file: file.to_str().unwrap().replace('\\', "/"),
        module: top.to_owned(),
        scan,
    });
}

/// Where the file of a `mod name;` lies.
fn place(parent: &Path, child: &scan::Child) -> PathBuf {
    let beside = parent.parent().unwrap();
    if let Some(path) = &child.path {
        return beside.join(path);
    }
    let stem = parent.file_stem().unwrap();
    let below = if ["lib", "main", "mod"].iter().any(|root| stem == *root) {
        beside.to_owned()
    } else {
        beside.join(stem)
    };
    let flat = below.join(&child.name).with_extension("rs");
    if flat.exists() {
        flat
    } else {
        below.join(&child.name).join("mod.rs")
    }
}

fn files_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let path = path.strip_prefix(root()).unwrap().to_str().unwrap();
            found.insert(path.replace('\\', "/"));
        }
    }
}

#[track_caller]
fn none(faults: &[String]) {
    assert!(
        faults.is_empty(),
        "{} against ARCHITECTURE.md:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn imports_and_effects_are_as_the_tables_say() {
    let (house, sources) = (house(), sources());
    let modules = sources.iter().filter(|s| s.module != "lib");
    let faults: Vec<_> = modules
        .flat_map(|s| house.faults(&s.module, &s.file, &s.scan))
        .collect();
    none(&faults);
}

#[test]
fn the_check_saw_the_crate() {
    let sources = sources();
    let read: BTreeSet<_> = sources.iter().map(|s| s.file.clone()).collect();
    let mut there = BTreeSet::new();
    files_below(&root().join("src"), &mut there);
    let orphans: Vec<_> = there.difference(&read).collect();
    assert!(orphans.is_empty(), "no `mod` leads to {orphans:?}");
    assert!(read.len() >= 40, "only {} files", read.len());

    let mentions = || sources.iter().flat_map(|s| &s.scan.mentions);
    let imports = mentions().filter(|m| m.path[0] == "crate").count();
    assert!(imports >= 200, "only {imports} paths into the crate");
    let effects = mentions().filter(|m| m.path[0] == "tokio").count();
    assert!(effects >= 30, "only {effects} mentions of tokio");
    assert!(mentions().any(|m| m.test) && mentions().any(|m| !m.test));
}

#[test]
fn the_table_lists_the_modules_in_the_order_of_the_crate() {
    let sources = sources();
    let lib = sources.iter().find(|s| s.module == "lib").unwrap();
    let mut declared: Vec<_> = lib.scan.children.iter().map(|c| c.name.clone()).collect();
    declared.push("main".to_owned());
    let listed: Vec<_> = house().modules.into_iter().map(|m| m.name).collect();
    assert_eq!(listed, declared, "left: ARCHITECTURE.md, right: lib.rs");
    assert_eq!(lib.scan.mentions, [], "lib.rs is the map and nothing else");
}

#[test]
fn imports_run_downward_only() {
    const FLOORS: [&str; 5] = ["core", "edge", "orchestration", "presentation", "wiring"];
    let house = house();
    let floor = |name: &str| FLOORS.iter().position(|f| *f == name);
    let mut faults = Vec::new();
    for (n, module) in house.modules.iter().enumerate() {
        let name = &module.name;
        if floor(&module.floor).is_none() {
            faults.push(format!(
                "`{name}`: floor {:?} is not one of {FLOORS:?}",
                module.floor
            ));
        }
        let (below, above) = house.modules.split_at(n);
        if above.iter().any(|m| floor(&m.floor) < floor(&module.floor)) {
            faults.push(format!("`{name}` stands below a module of a lower floor"));
        }
        for import in &module.imports {
            let Some(import) = below.iter().find(|m| m.name == *import) else {
                faults.push(format!("`{name}`: `{import}` is not a row above it"));
                continue;
            };
            if module.floor == "presentation" && import.floor != "core" {
                faults.push(format!(
                    "`{name}` presents, and may not import `{}`",
                    import.name
                ));
            }
        }
    }
    none(&faults);
}

#[test]
fn the_core_is_pure() {
    let house = house();
    let core = |name: &String| house.module(name).is_some_and(|m| m.floor == "core");
    let mut faults = Vec::new();
    for effect in &house.effects {
        for module in &effect.modules {
            if core(module) || house.module(module).is_none() {
                faults.push(format!(
                    "{}: `{module}` is no module above the core",
                    effect.name
                ));
            }
        }
    }
    none(&faults);
    // The effects that must be spoken of, so that a row which goes missing is missed.
    let forbidden = [
        "tokio::spawn(x)",
        "std::net::lookup()",
        "std::fs::read(p)",
        "std::time::Instant::now()",
        "Instant::now()",
        "SystemTime::now()",
        "std::thread::yield_now()",
        "getrandom::fill(b)",
        "std::env::var(v)",
    ];
    for module in house.modules.iter().filter(|m| m.floor == "core") {
        for code in forbidden {
            assert!(
                !faults_of(&house, &module.name, code).is_empty(),
                "{code} in {}",
                module.name
            );
        }
    }
}

#[test]
fn files_are_short() {
    let house = house();
    let mut faults = Vec::new();
    for source in sources() {
        let lines = source.scan.lines_of_code();
        let long = house.long_files.iter().find(|l| l.file == source.file);
        let most = long.map_or(MOST_LINES, |l| l.most);
        if lines > most {
            faults.push(format!(
                "{}: {lines} lines without tests, at most {most}",
                source.file
            ));
        } else if long.is_some() && lines <= MOST_LINES {
            faults.push(format!(
                "{}: {lines} lines, no longer a long file",
                source.file
            ));
        }
    }
    for long in &house.long_files {
        if !root().join(&long.file).exists() {
            faults.push(format!("{}: a long file that is not there", long.file));
        }
    }
    none(&faults);
}

// The checker itself.

const TABLES: &str = "
## Imports
| module | floor | may import |
|---|---|---|
| `ids` | core | |
| `verify` | core | `ids` |
| `client` | edge | `ids`, `verify` |
| `main` | wiring | `client` |

## Effects
| effect | shows as | only in |
|---|---|---|
| async | `tokio` | `client` |
| the clock | `Instant::now`, `std::time::Instant` | |

## Long files
| file | most lines | why |
|---|---|---|
";

fn faults_of(house: &House, module: &str, code: &str) -> Vec<String> {
    let text = format!("fn f() {{ {code}; }}\n");
    faults_in(house, &[module], &text)
}

fn faults_in(house: &House, module: &[&str], text: &str) -> Vec<String> {
    let path: Vec<_> = module.iter().map(ToString::to_string).collect();
    let scan = scan(text, &path, false).unwrap();
    house.faults(module[0], "f.rs", &scan)
}

#[track_caller]
fn check(module: &[&str], text: &str, expected: &[&str]) {
    let faults = faults_in(&House::parse(TABLES), module, text);
    let seen: Vec<_> = faults.iter().map(String::as_str).collect();
    assert_eq!(seen, expected, "{text}");
}

#[test]
fn what_is_allowed_passes() {
    check(
        &["ids"],
        "use std::time::Duration; pub struct A(pub(crate) u32);",
        &[],
    );
    check(
        &["verify"],
        "use crate::ids::{A, B}; use super::ids::C; use crate::verify::x;",
        &[],
    );
    check(
        &["client", "ws"],
        "use super::http; use tokio::net; use super::super::verify::J;",
        &[],
    );
    check(&["main"], "fn main() { pushproof::client::run() }", &[]);
    check(
        &["verify"],
        "//! See [`crate::client`].\n/// And `crate::client::X`.\nfn f() {}",
        &[],
    );
}

#[test]
fn a_forbidden_import_is_caught_wherever_it_stands() {
    let fault = |line: usize, path: &str| {
        format!("f.rs:{line}: `verify` may not import `client` (as `{path}`)")
    };
    for (line, path, text) in [
        (1, "crate::client::X", "use crate::client::X;"),
        (
            3,
            "crate::client::X",
            "use crate::{\n  ids::A,\n  client::X};",
        ),
        (1, "crate::client::*", "pub use crate::client::*;"),
        (1, "crate::client", "use crate::client as other;"),
        (1, "crate::client::X", "fn f(x: &crate::client::X) {}"),
        (2, "crate::client::f", "fn g() {\n  crate::client::f() }"),
        (1, "crate::client::T", "impl crate::client::T for u32 {}"),
        (
            1,
            "crate::client::X",
            "type T = Vec<Option<crate::client::X>>;",
        ),
        (
            1,
            "crate::client::f",
            "fn g() { println!(\"{}\", crate::client::f()) }",
        ),
        (
            1,
            "crate::client::X",
            "macro_rules! m { () => { $crate::client::X } }",
        ),
        (
            1,
            "crate::client::with",
            "struct S { #[serde(with = \"crate::client::with\")] a: u32 }",
        ),
        (
            2,
            "crate::client::X",
            "#[cfg(test)]\nmod tests { use crate::client::X; }",
        ),
        (
            1,
            "crate::client::X",
            "mod a { mod b { use super::super::super::client::X; } }",
        ),
        (1, "crate::client::X", "use super::client::X;"),
    ] {
        check(&["verify"], text, &[&fault(line, path)]);
    }
    let nested = "use super::super::client::X;";
    check(&["verify", "tag"], nested, &[&fault(1, "crate::client::X")]);
}

#[test]
fn the_root_is_no_way_round() {
    let fault =
        |path: &str| format!("f.rs:1: `{path}` takes from the crate's root, not from a module");
    check(&["verify"], "use super::*;", &[&fault("crate::*")]);
    check(
        &["verify"],
        "use crate::{self as all};",
        &[&fault("crate::self")],
    );
    check(
        &["verify"],
        "use crate::nowhere::X;",
        &[&fault("crate::nowhere::X")],
    );
    check(
        &["nowhere"],
        "",
        &["f.rs: module `nowhere` is missing in the import table"],
    );
}

#[test]
fn a_forbidden_effect_is_caught_outside_tests() {
    let fault = |what: &str, path: &str| format!("f.rs:1: `verify` may not touch {what}: `{path}`");
    for (what, path, text) in [
        ("async", "tokio::spawn", "fn f() { tokio::spawn(x); }"),
        ("async", "tokio::sync::mpsc", "use tokio::sync::{mpsc};"),
        ("async", "tokio::select", "fn f() { tokio::select! {} }"),
        ("async", "tokio::test", "#[tokio::test] fn f() {}"),
        (
            "the clock",
            "std::time::Instant",
            "use std::time::{Duration, Instant as I};",
        ),
        (
            "the clock",
            "time::Instant::now",
            "fn f() { time::Instant::now(); }",
        ),
        (
            "the clock",
            "Instant::now",
            "fn f() { assert!(Instant::now() > x); }",
        ),
    ] {
        check(&["verify"], text, &[&fault(what, path)]);
    }
    check(
        &["verify"],
        "#[cfg(test)]\nmod tests { use std::time::Instant; }",
        &[],
    );
    let not_a_test = "#[cfg(not(test))] mod m { fn f() { Instant::now(); } }";
    check(
        &["verify"],
        not_a_test,
        &[&fault("the clock", "Instant::now")],
    );
}

#[test]
fn tests_do_not_count_as_lines() {
    let text = "//! Doc.\nfn f() {}\n\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n";
    assert_eq!(scan(text, &[], false).unwrap().lines_of_code(), 3);
}
