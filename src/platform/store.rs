//! The data structures of apps: objects in memory, bounded, the oldest ones go.

use super::template::Template;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most bytes that the values of one structure's objects have.
const MOST_BYTES: usize = 64 << 20;

/// A data structure of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structure {
    /// Its name.
    pub name: String,
    /// What its objects have, besides `id` and `@when`.
    pub fields: Vec<String>,
    /// Most objects that are kept; of more the oldest go.
    pub keep: usize,
    /// The API endpoints that read it.
    pub readings: Vec<Reading>,
}

/// An API endpoint that reads objects, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Its name, the last part of its path.
    pub name: String,
    /// Only objects that one of these fits: all of its fields equal. None: all objects.
    pub only: Vec<Vec<(String, Template)>>,
    /// Whether only somebody who is logged in may call it.
    pub session: bool,
}

impl Structure {
    /// How many objects are kept where nothing else is said.
    pub const KEEP: usize = 10_000;
}

#[derive(Debug)]
struct Object {
    number: u64,
    /// Milliseconds since 1970.
    when: u64,
    /// The fields' JSON, in the structure's order.
    values: Vec<Box<str>>,
}

/// The objects of one structure.
#[derive(Debug, Default)]
struct Objects {
    /// In the order of their numbers.
    all: VecDeque<Object>,
    bytes: usize,
}

/// The objects of all apps.
#[derive(Debug)]
pub(crate) struct Data {
    /// Part of each id, so that those of a platform that is started anew are others.
    start: u64,
    next: AtomicU64,
    apps: Vec<Vec<Mutex<Objects>>>,
}

/// The objects of an app.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AppData<'d> {
    data: &'d Data,
    structures: &'d [Structure],
    objects: &'d [Mutex<Objects>],
}

impl Data {
    /// No objects yet, in apps that have so many structures. `start`: what tells this platform from the one before, as when it began.
    pub(crate) fn new(start: u64, apps: impl Iterator<Item = usize>) -> Self {
        let empty = |structures| (0..structures).map(|_| Mutex::default()).collect();
        Self {
            start,
            next: AtomicU64::new(1),
            apps: apps.map(empty).collect(),
        }
    }

    /// What an app has of it.
    pub(crate) fn app<'d>(&'d self, app: usize, structures: &'d [Structure]) -> AppData<'d> {
        AppData {
            data: self,
            structures,
            objects: &self.apps[app],
        }
    }

    fn number(&self, id: &str) -> Option<u64> {
        let number = id.split_once('-')?.1.parse().ok()?;
        // Each number has one spelling.
        (self.id(number) == id).then_some(number)
    }

    fn id(&self, number: u64) -> String {
        format!("{:x}-{number}", self.start)
    }
}

impl<'d> AppData<'d> {
    /// Where a structure stands.
    pub(crate) fn place(self, name: &str) -> Option<usize> {
        self.structures.iter().position(|one| one.name == name)
    }

    pub(crate) fn structure(self, place: usize) -> &'d Structure {
        &self.structures[place]
    }

    fn objects(self, structure: usize) -> MutexGuard<'d, Objects> {
        let objects = &self.objects[structure];
        objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many objects there are.
    pub(crate) fn count(self, structure: usize) -> usize {
        self.objects(structure).all.len()
    }

    /// Makes an object of these fields' values, and gives it as JSON.
    pub(crate) fn create(
        self,
        structure: usize,
        values: &[(usize, Cow<'_, str>)],
        when: u64,
    ) -> String {
        let Structure { fields, keep, .. } = &self.structures[structure];
        let mut all: Vec<Box<str>> = vec!["null".into(); fields.len()];
        for (place, value) in values {
            all[*place] = (**value).into();
        }
        let mut objects = self.objects(structure);
        let object = Object {
            // Under the lock, so that they are in order.
            number: self.data.next.fetch_add(1, Ordering::Relaxed),
            when,
            values: all,
        };
        let json = self.json(structure, &object);
        objects.bytes += object.bytes();
        objects.all.push_back(object);
        objects.shrink(*keep);
        json
    }

    /// Changes fields of an object, and gives it as JSON. `None`: there is none of that id.
    pub(crate) fn change(
        self,
        structure: usize,
        id: &str,
        values: &[(usize, Cow<'_, str>)],
    ) -> Option<String> {
        let number = self.data.number(id)?;
        let mut objects = self.objects(structure);
        let place = objects.all.binary_search_by_key(&number, |one| one.number);
        let object = &mut objects.all[place.ok()?];
        let before = object.bytes();
        for (place, value) in values {
            object.values[*place] = (**value).into();
        }
        let after = object.bytes();
        let json = self.json(structure, object);
        objects.bytes = objects.bytes - before + after;
        objects.shrink(self.structures[structure].keep);
        Some(json)
    }

    /// So many objects, the newest first, from a page on, and how many there are in all. `only`: fields and values, all of one list equal; no
    /// list: all objects.
    pub(crate) fn read(
        self,
        structure: usize,
        only: &[Vec<(usize, String)>],
        page: usize,
        size: usize,
    ) -> (Vec<String>, usize) {
        let objects = self.objects(structure);
        let fits = |object: &&Object| {
            let all = |one: &Vec<(usize, String)>| {
                one.iter()
                    .all(|(place, value)| same(&object.values[*place], value))
            };
            only.is_empty() || only.iter().any(all)
        };
        let (mut found, mut total) = (Vec::new(), 0);
        let from = page.saturating_mul(size);
        for object in objects.all.iter().rev().filter(fits) {
            if total >= from && found.len() < size {
                found.push(self.json(structure, object));
            }
            total += 1;
        }
        (found, total)
    }

    fn json(self, structure: usize, object: &Object) -> String {
        let id = self.data.id(object.number);
        let mut json = format!("{{\"id\":\"{id}\",\"@when\":{}", object.when);
        let fields = &self.structures[structure].fields;
        for (name, value) in fields.iter().zip(&object.values) {
            let name = serde_json::Value::from(name.as_str());
            // Writing to a text cannot fail.
            let _ = write!(json, ",{name}:{value}");
        }
        json.push('}');
        json
    }
}

impl Object {
    fn bytes(&self) -> usize {
        self.values.iter().map(|value| value.len()).sum()
    }
}

impl Objects {
    /// Lets the oldest go until the bounds are kept; the newest one stays.
    fn shrink(&mut self, keep: usize) {
        while self.all.len() > 1 && (self.all.len() > keep || self.bytes > MOST_BYTES) {
            let gone = self.all.pop_front();
            self.bytes -= gone.map_or(0, |one| one.bytes());
        }
    }
}

/// Whether two values are equal: the same JSON, or texts that are the same but for their spelling.
fn same(one: &str, other: &str) -> bool {
    let text = |json: &str| serde_json::from_str::<String>(json).ok();
    one == other
        || one.contains('\\') | other.contains('\\')
            && text(one).is_some_and(|one| text(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::{Data, MOST_BYTES, Structure};
    use serde_json::{Value, json};
    use std::borrow::Cow;

    fn structures(keep: usize) -> Vec<Structure> {
        vec![Structure {
            name: "things".into(),
            fields: vec!["a".into(), "b \"q\"".into()],
            keep,
            readings: Vec::new(),
        }]
    }

    fn read(texts: &[String]) -> Vec<Value> {
        let read = |text: &String| serde_json::from_str(text).unwrap();
        texts.iter().map(read).collect()
    }

    #[test]
    fn objects_are_kept_the_newest_first_and_the_oldest_go() {
        let data = Data::new(255, std::iter::once(1));
        let structures = structures(3);
        let app = data.app(0, &structures);
        assert_eq!((app.place("things"), app.place("Things")), (Some(0), None));
        for number in 1..=5_u64 {
            let made = app.create(0, &[(0, Cow::Owned(number.to_string()))], number * 1_000);
            let id = format!("ff-{number}");
            let expected = json!({"id": id, "@when": number * 1_000, "a": number, "b \"q\"": null});
            assert_eq!(serde_json::from_str::<Value>(&made).unwrap(), expected);
        }
        let a = |(objects, total): (Vec<String>, usize)| {
            let all = read(&objects);
            let all: Vec<_> = all.iter().map(|one| one["a"].as_u64().unwrap()).collect();
            (all, total)
        };
        assert_eq!(a(app.read(0, &[], 0, 20)), (vec![5, 4, 3], 3));
        assert_eq!(a(app.read(0, &[], 0, 2)), (vec![5, 4], 3));
        assert_eq!(a(app.read(0, &[], 1, 2)), (vec![3], 3));
        assert_eq!(a(app.read(0, &[], 2, 2)), (vec![], 3));
        assert_eq!(a(app.read(0, &[], usize::MAX, 2)), (vec![], 3));
        let is = |value: &str| vec![(0, value.to_owned())];
        assert_eq!(a(app.read(0, &[is("4")], 0, 9)), (vec![4], 1));
        assert_eq!(a(app.read(0, &[is("4"), is("3")], 0, 9)), (vec![4, 3], 2));
        let both = vec![(0, "4".to_owned()), (1, "1".to_owned())];
        assert_eq!(a(app.read(0, &[both], 0, 9)), (vec![], 0));
    }

    #[test]
    fn a_change_is_of_one_object_and_leaves_its_place() {
        let data = Data::new(1, std::iter::once(1));
        let structures = structures(2);
        let app = data.app(0, &structures);
        for _ in 0..3 {
            app.create(0, &[(0, "1".into())], 7);
        }
        let changed = app.change(0, "1-2", &[(1, "\"x\"".into())]).unwrap();
        let expected = json!({"id": "1-2", "@when": 7, "a": 1, "b \"q\"": "x"});
        assert_eq!(serde_json::from_str::<Value>(&changed).unwrap(), expected);
        for gone in ["1-1", "1-4", "2-2", "1-02", "1-+2", "-2", "2", ""] {
            assert_eq!(app.change(0, gone, &[]), None, "{gone}");
        }
        // Texts are the same whatever their spelling, and nothing else is.
        let total = |value: &str| app.read(0, &[vec![(1, value.to_owned())]], 0, 9).1;
        assert_eq!(total("\"\\u0078\""), 1);
        assert_eq!((total("\"y\""), total("\"X\""), total("null")), (0, 0, 1));
    }

    #[test]
    fn bytes_are_bounded_too() {
        let data = Data::new(1, std::iter::once(1));
        let structures = structures(1_000);
        let app = data.app(0, &structures);
        let big = format!("\"{}\"", "x".repeat(MOST_BYTES / 4));
        for _ in 0..9 {
            app.create(0, &[(0, Cow::Borrowed(&big))], 0);
        }
        assert_eq!(
            app.read(0, &[], 0, 1).1,
            3,
            "with a null each, four are more"
        );
        // One that is larger than all of it is alone.
        let huge = format!("\"{}\"", "x".repeat(MOST_BYTES + 10));
        app.create(0, &[(0, Cow::Borrowed(&huge))], 0);
        assert_eq!(app.read(0, &[], 0, 1).1, 1);
    }
}
