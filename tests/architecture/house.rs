//! The rules, as `ARCHITECTURE.md` states them, and the check of a file against them.

use crate::scan::Scan;

/// One row of the import table.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) floor: String,
    pub(crate) imports: Vec<String>,
}

/// One row of the table of effects: whoever mentions one of `paths` must be one of `modules`.
#[derive(Debug)]
pub(crate) struct Effect {
    pub(crate) name: String,
    paths: Vec<Vec<String>>,
    pub(crate) modules: Vec<String>,
}

/// One row of the table of long files.
#[derive(Debug)]
pub(crate) struct LongFile {
    pub(crate) file: String,
    pub(crate) most: usize,
}

/// The tables of `ARCHITECTURE.md`.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) modules: Vec<Module>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) long_files: Vec<LongFile>,
}

impl House {
    pub(crate) fn parse(text: &str) -> Self {
        let modules = rows(text, "## Imports").into_iter().map(|row| Module {
            name: only(&row[0]),
            floor: row[1].clone(),
            imports: quoted(&row[2]),
        });
        let effects = rows(text, "## Effects").into_iter().map(|row| Effect {
            name: row[0].clone(),
            paths: quoted(&row[1])
                .iter()
                .map(|path| path.split("::").map(str::to_owned).collect())
                .collect(),
            modules: quoted(&row[2]),
        });
        let long_files = rows(text, "## Long files").into_iter().map(|row| LongFile {
            file: only(&row[0]),
            most: row[1].parse().expect("the second column is a number"),
        });
        Self {
            modules: modules.collect(),
            effects: effects.collect(),
            long_files: long_files.collect(),
        }
    }

    pub(crate) fn module(&self, name: &str) -> Option<&Module> {
        self.modules.iter().find(|m| m.name == name)
    }

    /// What a file of this top-level module does that it may not, each with file and line.
    pub(crate) fn faults(&self, module: &str, file: &str, scan: &Scan) -> Vec<String> {
        let Some(row) = self.module(module) else {
            return vec![format!(
                "{file}: module `{module}` is missing in the import table"
            )];
        };
        let mut faults = Vec::new();
        for mention in &scan.mentions {
            let mut fault = |what: String| faults.push(format!("{file}:{}: {what}", mention.line));
            let path = mention.path.join("::");
            if is_own_crate(module, &mention.path[0]) {
                match mention.path.get(1).map(String::as_str) {
                    Some(to) if to == module || row.imports.iter().any(|i| i == to) => {}
                    Some(to) if self.module(to).is_some() => {
                        fault(format!("`{module}` may not import `{to}` (as `{path}`)"));
                    }
                    _ => fault(format!(
                        "`{path}` takes from the crate's root, not from a module"
                    )),
                }
            }
            if mention.test {
                // Tests may read files and clocks; what they may import is no different.
                continue;
            }
            for effect in &self.effects {
                let does = effect.paths.iter().any(|p| contains(&mention.path, p));
                if does && !effect.modules.iter().any(|m| m == module) {
                    fault(format!(
                        "`{module}` may not touch {}: `{path}`",
                        effect.name
                    ));
                }
            }
        }
        faults
    }
}

/// The binary sees the library under its name.
fn is_own_crate(module: &str, first: &str) -> bool {
    first == "crate" || (module == "main" && first == "pushproof")
}

fn contains(path: &[String], part: &[String]) -> bool {
    path.windows(part.len()).any(|window| window == part)
}

/// The body of the first Markdown table after a heading.
fn rows(text: &str, heading: &str) -> Vec<Vec<String>> {
    let mut lines = text.lines().skip_while(|line| *line != heading);
    assert!(lines.next().is_some(), "ARCHITECTURE.md has no {heading:?}");
    lines
        .take_while(|line| !line.starts_with("## "))
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let cells = line.trim().trim_matches('|').split('|');
            let cells: Vec<_> = cells.map(|cell| cell.trim().to_owned()).collect();
            assert!(cells.len() == 3, "three columns: {line}");
            cells
        })
        .collect()
}

/// What stands in backticks in a cell.
fn quoted(cell: &str) -> Vec<String> {
    let parts = cell.split('`').skip(1).step_by(2);
    parts.map(str::to_owned).collect()
}

fn only(cell: &str) -> String {
    match &quoted(cell)[..] {
        [one] => one.clone(),
        _ => panic!("{cell:?} is to be one name in backticks"),
    }
}
