//! Who of the listed users is which user of the plan.

use std::collections::HashMap;
use std::sync::Arc;

use super::People;
use crate::ids::UserId;
use crate::scenario::problems::Problems;

/// The place of a user who is not there.
const NOBODY: u32 = u32::MAX;

impl People {
    /// Puts the users of each app in their places: users take the apps in turn.
    pub(in crate::scenario) fn seat(
        &mut self,
        apps: &[String],
        count: u32,
        counted: bool,
        problems: &mut Problems,
    ) {
        let Some(of_app) = self.by_app(apps, problems) else {
            return;
        };
        let key = self.key();
        let needed = |app: usize| {
            let (count, apps) = (count as usize, apps.len());
            count / apps + usize::from(app < count % apps)
        };
        for (app, rows_here) in of_app.iter().enumerate() {
            let (have, need) = (rows_here.len(), needed(app));
            if have < need && counted {
                let of = if apps.len() > 1 {
                    format!(" of app {:?}", apps[app])
                } else {
                    String::new()
                };
                let all = self.rows().len();
                let why = format!(
                    "{count} users are asked for, which takes {need}{of}, and {have} of the {all} listed can be taken; list more, or ask for fewer"
                );
                return problems.add("users.count", why);
            }
            if have != need && !counted {
                let each: Vec<_> = apps
                    .iter()
                    .zip(&of_app)
                    .map(|(app, rows)| format!("{} of {app}", rows.len()))
                    .collect();
                let fewest = of_app.iter().map(Vec::len).min().unwrap_or(0) * apps.len();
                let why = format!(
                    "users take the apps in turn, and there are {}; list as many of each, or take users.count = {fewest}",
                    each.join(", ")
                );
                return problems.add(key, why);
            }
        }
        let mut order = Vec::with_capacity(count as usize);
        for user in 0..count as usize {
            order.extend(of_app[user % apps.len()].get(user / apps.len()));
        }
        self.order = order;
        self.name_all(apps.len(), problems);
    }

    /// Puts all of them in their places, and leaves empty what an app with fewer users has not: for something done by hand, where any of them
    /// may be meant.
    pub(in crate::scenario) fn seat_all(&mut self, apps: &[String], problems: &mut Problems) {
        let Some(of_app) = self.by_app(apps, problems) else {
            return;
        };
        let most = of_app.iter().map(Vec::len).max().unwrap_or_default();
        let places = (0..most).flat_map(|n| of_app.iter().map(move |rows| rows.get(n)));
        self.order = places.map(|row| row.copied().unwrap_or(NOBODY)).collect();
        self.name_all(apps.len(), problems);
    }

    /// The rows of each app; `None`: nobody is listed, or something is wrong with it.
    fn by_app(&self, apps: &[String], problems: &mut Problems) -> Option<Vec<Vec<u32>>> {
        let loaded = Arc::clone(&self.loaded);
        let rows = loaded.rows.as_ref()?;
        if apps.is_empty() {
            return None;
        }
        let key = self.key();
        if rows.is_empty() {
            problems.add(key, "it lists no user");
            return None;
        }
        let mut of_app: Vec<Vec<u32>> = vec![Vec::new(); apps.len()];
        for (n, row) in rows.iter().enumerate() {
            let place = match &row.app {
                None => Some(n % apps.len()),
                Some(app) => apps.iter().position(|one| one == app),
            };
            let Some(place) = place else {
                let app = row.app.as_deref().unwrap_or_default();
                let why = format!(
                    "{}: there is no app {app:?}; target.apps has {}",
                    row.place,
                    apps.join(", ")
                );
                problems.add(key, why);
                return None;
            };
            of_app[place].push(n as u32);
        }
        Some(of_app)
    }

    fn name_all(&mut self, apps: usize, problems: &mut Problems) {
        let key = self.key();
        let mut by_name: HashMap<String, Vec<UserId>> = HashMap::new();
        for user in (0..self.order.len() as u32).map(UserId) {
            let Some(row) = self.row(user) else { continue };
            let same = by_name.entry(row.name.clone()).or_default();
            let twin = same
                .iter()
                .find(|other| other.index() % apps == user.index() % apps);
            if let Some(twin) = twin.and_then(|twin| self.row(*twin)) {
                let why = format!(
                    "{}: {:?} is listed already, at {}; a push at one would be at both",
                    row.place, row.name, twin.place
                );
                problems.add(key, why);
                break;
            }
            same.push(user);
        }
        self.by_name = by_name;
    }
}
