//! Screens that are kept as text: `PUSHPROOF_BLESS=1 cargo test --lib dashboard` writes them anew. Look at what has changed: it is what a
//! person sees.

use std::fmt::Write as _;
use std::path::PathBuf;

/// Holds a text against the file of this name.
#[track_caller]
pub(super) fn is_as_kept(name: &str, drawn: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/dashboard");
    let path = folder.join(format!("{name}.txt"));
    if std::env::var_os("PUSHPROOF_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, drawn).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == drawn,
        "{} is not what is drawn now; PUSHPROOF_BLESS=1 writes it anew\n{}",
        path.display(),
        difference(&kept, drawn)
    );
}

/// The lines that differ, each as it was and as it is.
fn difference(kept: &str, drawn: &str) -> String {
    let (kept, drawn): (Vec<_>, Vec<_>) = (kept.lines().collect(), drawn.lines().collect());
    let mut told = String::new();
    for n in 0..kept.len().max(drawn.len()) {
        let (was, is) = (kept.get(n), drawn.get(n));
        if was != is {
            let line = n + 1;
            writeln!(told, "{line:>4} - {}", was.unwrap_or(&"")).unwrap();
            writeln!(told, "     + {}", is.unwrap_or(&"")).unwrap();
        }
    }
    told
}

#[test]
fn a_difference_shows_both_lines() {
    assert_eq!(
        difference("a\nb\nc\n", "a\nB\n"),
        "   2 - b\n     + B\n   3 - c\n     + \n"
    );
}
