//! Reading a scenario: from a file, from settings on the command line, with variables of the environment. All that is wrong is told at
//! once, each with its place.
//!
//! The text is parsed to values that know their places; each value is then read by itself, so that one that is wrong hides no other and
//! is left out, as if it had not been written. *Invariant:* a value that came from the environment is told in no message.

mod expand;
mod keys;
mod words;

use std::collections::HashMap;

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

pub use expand::Env;
use expand::{Span, fill, hidden};
use keys::{Key, join};
pub use words::nearest;
use words::{Said, no_such};

use super::file::File;
use super::phases::Phases;
use super::problems::Problem;

/// A text that a scenario was read from.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file's path, or the flag.
    pub name: String,
    /// What stands there.
    pub text: String,
}

/// Something that is wrong, at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The place: the number of the source, and the bytes of its text.
    pub at: (usize, Span),
    /// What is wrong.
    pub what: String,
    /// What is allowed instead.
    pub help: Option<String>,
}

#[derive(Debug)]
struct Place {
    at: (usize, Span),
    /// The places of a list's entries.
    entries: Vec<Span>,
    /// What came from the environment there, and how it was written.
    filled: Vec<(String, String)>,
}

impl Place {
    fn at(source: usize, at: Span) -> Self {
        Self {
            at: (source, at),
            entries: Vec::new(),
            filled: Vec::new(),
        }
    }
}

/// A scenario as far as it has been read.
#[derive(Debug)]
pub struct Reader {
    keys: Key,
    file: File,
    sources: Vec<Source>,
    /// Where each key was given last.
    places: HashMap<String, Place>,
    mistakes: Vec<Mistake>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            keys: keys::all(),
            file: File::default(),
            sources: Vec::new(),
            places: HashMap::new(),
            mistakes: Vec::new(),
        }
    }
}

impl Reader {
    /// Reads a scenario file.
    pub fn read(&mut self, name: &str, text: &str, env: Env<'_>) {
        let source = self.begin(name, text);
        let (table, errors) = DeTable::parse_recoverable(text);
        let wrong: Vec<Span> = errors.iter().filter_map(toml::de::Error::span).collect();
        for error in &errors {
            let at = error.span().unwrap_or(0..0);
            self.mistake(source, at, format!("not TOML: {}", error.message()), None);
        }
        let parsed = self.mistakes.len();
        let walk = Walk {
            source,
            env,
            whole: errors.is_empty(),
        };
        self.walk(&walk, table.into_inner());
        // What was made of a line that is no TOML is not what was meant.
        let line = |at: usize| text[..at.min(text.len())].matches('\n').count();
        let lines: Vec<_> = wrong.iter().map(|span| line(span.start)).collect();
        let told = self.mistakes.split_off(parsed);
        let meant = told.into_iter();
        let meant = meant.filter(|mistake| !lines.contains(&line(mistake.at.1.start)));
        self.mistakes.extend(meant);
    }

    /// Reads a setting as `users.count=50`. What is no TOML behind the `=` is a text.
    pub fn set(&mut self, flag: &str, setting: &str, env: Env<'_>) {
        let under = std::mem::take(&mut self.file);
        self.read_setting(flag, setting, env);
        let over = std::mem::replace(&mut self.file, under);
        self.lay(over);
    }

    fn read_setting(&mut self, flag: &str, setting: &str, env: Env<'_>) {
        let source = self.begin(flag, setting);
        let all = 0..setting.len();
        let Some((key, value)) = setting.split_once('=') else {
            let what = "a setting is a key and a value, as users.count=50".to_owned();
            return self.mistake(source, all, what, None);
        };
        let (table, errors) = DeTable::parse_recoverable(setting);
        let walk = Walk {
            source,
            env,
            whole: true,
        };
        if errors.is_empty() {
            let before = self.mistakes.len();
            self.walk(&walk, table.into_inner());
            if self.mistakes.len() == before {
                return;
            }
            // A text that looks like something else, as a name that is a number.
            let told = self.mistakes.split_off(before);
            self.walk_text(&walk, key, value);
            if self.mistakes.len() > before {
                self.mistakes.truncate(before);
                self.mistakes.extend(told);
            }
            return;
        }
        self.walk_text(&walk, key, value);
    }

    /// Lays a scenario over what was read: what flags say. One transport for all there takes the place of a mix.
    pub fn lay(&mut self, over: File) {
        // One transport for all takes the place of a mix, and the other way round.
        if over.clients.transport.is_some() {
            self.file.clients.transports = None;
        } else if over.clients.transports.is_some() {
            self.file.clients.transport = None;
        }
        Phases::make_room(&mut self.file, &over);
        self.file = std::mem::take(&mut self.file).overlaid(over);
    }

    /// What was read, without what was wrong.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// What is wrong.
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }

    /// What it was read from.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// A problem with what was read as a mistake at its place, if its key was given in what was read.
    pub fn locate(&self, problem: &Problem) -> Option<Mistake> {
        let key = self.places.get(problem.key);
        // What is missing in a section is shown where that begins.
        let section = || self.places.get(problem.key.rsplit_once('.')?.0);
        let place = key.or_else(section)?;
        let (source, at) = &place.at;
        let at = match problem.entry {
            // More entries than stand there: flags have added some.
            Some(entry) => place.entries.get(entry)?,
            None => at,
        };
        Some(Mistake {
            at: (*source, at.clone()),
            what: all_hidden(problem.to_string(), &place.filled),
            help: None,
        })
    }

    fn begin(&mut self, name: &str, text: &str) -> usize {
        self.sources.push(Source {
            name: name.to_owned(),
            text: text.to_owned(),
        });
        self.sources.len() - 1
    }

    fn mistake(&mut self, source: usize, at: Span, what: String, help: Option<String>) {
        let at = (source, at);
        self.mistakes.push(Mistake { at, what, help });
    }

    fn walk_text(&mut self, walk: &Walk<'_>, key: &str, value: &str) {
        let all = 0..self.sources[walk.source].text.len();
        let mut value = DeValue::String(value.trim().to_owned().into());
        for name in key.trim().rsplit('.') {
            let name = Spanned::new(all.clone(), name.trim().to_owned().into());
            let table = DeTable::from_iter([(name, Spanned::new(all.clone(), value))]);
            value = DeValue::Table(table);
        }
        if let DeValue::Table(table) = value {
            self.walk(walk, table);
        }
    }

    fn walk(&mut self, walk: &Walk<'_>, table: DeTable<'_>) {
        let keys = self.keys.clone();
        self.section(walk, &keys, &mut Vec::new(), table);
    }

    fn section(
        &mut self,
        walk: &Walk<'_>,
        keys: &Key,
        path: &mut Vec<(String, Span)>,
        table: DeTable<'_>,
    ) {
        for (name, value) in table {
            let place = name.span();
            let name = name.into_inner().into_owned();
            let Some(key) = keys.get(&name) else {
                if !walk.whole {
                    continue;
                }
                let said = self.unknown(keys, path, &name);
                self.mistake(walk.source, place, said.what, said.help);
                continue;
            };
            let at = value.span();
            path.push((name, place.clone()));
            match (key.is_section(), value.into_inner()) {
                (true, DeValue::Table(below)) if !below.is_empty() => {
                    let place = Place::at(walk.source, place);
                    self.places.entry(full(path)).or_insert(place);
                    self.section(walk, key, path, below);
                }
                (true, other) if !matches!(other, DeValue::Table(_)) => {
                    let (full, kind) = (full(path), other.type_str());
                    let what = format!(
                        "`{full}` is a section, not a value ({kind}); write [{full}] and its keys below"
                    );
                    self.mistake(walk.source, at, what, None);
                }
                (_, value) => self.value(walk, path, &at, value),
            }
            path.pop();
        }
    }

    fn unknown(&self, keys: &Key, path: &[(String, Span)], name: &str) -> Said {
        let section = full(path);
        let place = if section.is_empty() {
            String::new()
        } else {
            format!(" in [{section}]")
        };
        let said = no_such(name, "key", &place, &keys.names());
        let elsewhere = self.keys.elsewhere(name);
        if elsewhere.is_empty() || said.what.contains("did you mean") {
            return said;
        }
        let what = format!("{}; there is {}", said.what, elsewhere.join(" and "));
        Said { what, ..said }
    }

    /// Reads one value by itself, and lays it over what was read before.
    fn value(
        &mut self,
        walk: &Walk<'_>,
        path: &[(String, Span)],
        at: &Span,
        mut value: DeValue<'_>,
    ) {
        let written = value.clone();
        let mut filled = Vec::new();
        if let Err((at, what)) = fill(&mut value, at, walk.env, &mut filled) {
            let what = format!("{}: {what}", full(path));
            return self.mistake(walk.source, at, what, None);
        }
        let entries = value.as_array().into_iter().flatten();
        let entries = entries.map(Spanned::span);
        let read = one(path, at, value.clone()).or_else(|error| {
            // A number or a switch that came from the environment comes as text.
            let plain = value
                .as_str()
                .and_then(plain)
                .filter(|_| !filled.is_empty());
            plain
                .and_then(|plain| one(path, at, plain).ok())
                .ok_or(error)
        });
        match read {
            Ok(mut read) => {
                if read.target.is_spoken() {
                    // What a variable had in it may be a secret.
                    let shown = one(path, at, written).map(|shown| shown.target);
                    let shown = shown.unwrap_or_else(|_| read.target.clone());
                    read.shown = Some(Box::new(shown));
                }
                self.file = std::mem::take(&mut self.file).overlaid(read);
                let place = Place {
                    entries: entries.collect(),
                    filled,
                    ..Place::at(walk.source, at.clone())
                };
                self.places.insert(full(path), place);
            }
            Err(error) => {
                let said = words::of_value(error.message(), value.type_str());
                let what = all_hidden(format!("{}: {}", full(path), said.what), &filled);
                let at = error.span().filter(|span| !span.is_empty());
                let at = at.unwrap_or_else(|| path.last().map_or(0..0, |(_, at)| at.clone()));
                self.mistake(walk.source, at, what, said.help);
            }
        }
    }
}

struct Walk<'e> {
    source: usize,
    env: Env<'e>,
    /// All of it could be parsed. Else a key may be one of a section that could not be read, and is not unknown.
    whole: bool,
}

fn full(path: &[(String, Span)]) -> String {
    path.iter()
        .fold(String::new(), |full, (name, _)| join(&full, name))
}

fn all_hidden(what: String, filled: &[(String, String)]) -> String {
    let hide =
        |what: String, (expanded, written): &(String, String)| hidden(&what, expanded, written);
    filled.iter().fold(what, hide)
}

/// A scenario of one value.
fn one(path: &[(String, Span)], at: &Span, value: DeValue<'_>) -> Result<File, toml::de::Error> {
    let mut value = Spanned::new(at.clone(), value);
    for (name, place) in path.iter().rev() {
        let name = Spanned::new(place.clone(), name.clone().into());
        let table = DeTable::from_iter([(name, value)]);
        value = Spanned::new(at.clone(), DeValue::Table(table));
    }
    let DeValue::Table(table) = value.into_inner() else {
        return Ok(File::default());
    };
    File::deserialize(Deserializer::from(Spanned::new(at.clone(), table)))
}

/// What a text says that is a number or a switch.
fn plain(text: &str) -> Option<DeValue<'_>> {
    let plain = DeValue::parse(text.trim()).ok()?.into_inner();
    match plain {
        DeValue::Boolean(switch) => Some(DeValue::Boolean(switch)),
        DeValue::Integer(_) | DeValue::Float(_) => Some(plain),
        _ => None,
    }
}
