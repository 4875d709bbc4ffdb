//! Every shipped scenario is one that `pushproof run` takes.

use pushproof::scenario::{Plan, Reader};

#[test]
fn every_shipped_scenario_is_a_plan() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("there are scenarios") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let mut reader = Reader::default();
        // With nothing in the environment.
        reader.read(&path.display().to_string(), &text, &|_| None);
        assert_eq!(reader.mistakes(), []);
        let plan = Plan::from_file(reader.file(), 1);
        assert!(plan.is_ok(), "{}: {plan:?}", path.display());
        seen += 1;
    }
    assert!(seen >= 2, "no scenario in {folder}");
}
