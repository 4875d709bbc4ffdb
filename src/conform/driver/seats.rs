//! Users for each case alone.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::User;
use crate::conform::probe::Probe;
use crate::ids::UserId;
use crate::scenario::Plan;
use crate::summary::conformance::Outcome;

/// How many users of a pattern without an end the suite takes at most.
const MOST: u32 = 2_000;

/// The users of the first app that no case has now.
#[derive(Debug)]
pub struct Seats {
    total: u32,
    /// Whoever was free for longest comes first: what a case has left behind at the target has time to go.
    free: Mutex<VecDeque<String>>,
    left: Arc<Semaphore>,
}

impl Seats {
    /// All users of a plan's first app; of the embedded platform, as many as are needed.
    pub(in crate::conform) fn of(plan: &Plan, endless: bool) -> Self {
        let apps = plan.apps.len().max(1) as u32;
        let users = if endless && !plan.people.are_listed() {
            MOST * apps
        } else {
            plan.users.min(MOST * apps)
        };
        let names: VecDeque<_> = (0..users)
            .step_by(apps as usize)
            .map(|user| plan.name_of(UserId(user)))
            .collect();
        Self {
            total: names.len() as u32,
            left: Arc::new(Semaphore::new(names.len())),
            free: Mutex::new(names),
        }
    }

    /// The name of the first of them that is free.
    pub(in crate::conform) fn first(&self) -> Option<String> {
        self.lock().front().cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<String>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Users whom no other case has. They are free again when this is dropped.
#[derive(Debug)]
pub struct Crowd {
    users: Vec<User>,
    seats: Arc<Seats>,
    _left: OwnedSemaphorePermit,
}

impl Drop for Crowd {
    fn drop(&mut self) {
        let names = self.users.drain(..).map(|user| user.name);
        self.seats.lock().extend(names);
    }
}

impl std::ops::Deref for Crowd {
    type Target = [User];

    fn deref(&self) -> &[User] {
        &self.users
    }
}

impl Probe {
    /// So many users whom no other case has meanwhile. A case asks once: two that wait for each other's would wait for ever.
    pub async fn users(&self, count: u32) -> Result<Crowd, Outcome> {
        let seats = &self.target.seats;
        if count > seats.total {
            return Err(Outcome::Skip(format!(
                "it takes {count} users of one app, and the scenario has {} (users.count)",
                seats.total
            )));
        }
        let left = Arc::clone(&seats.left).acquire_many_owned(count).await;
        let left = left.map_err(|_| Outcome::Error("the users are gone".to_owned()))?;
        let mut free = seats.lock();
        let count = free.len().min(count as usize);
        let names: Vec<_> = free.drain(..count).collect();
        drop(free);
        let users = names.iter().map(|name| User::of(&self.target.plan, name));
        Ok(Crowd {
            users: users.collect(),
            seats: Arc::clone(seats),
            _left: left,
        })
    }

    /// One user whom no other case has meanwhile.
    pub async fn user(&self) -> Result<(User, Crowd), Outcome> {
        let crowd = self.users(1).await?;
        Ok((crowd[0].clone(), crowd))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;

    #[test]
    fn every_user_has_one_seat_and_comes_back() {
        let plan = Plan::from_file(&File::default(), 1).unwrap();
        let few = Seats::of(&plan, false);
        let apps = plan.apps.len() as u32;
        assert_eq!(few.total, plan.users.div_ceil(apps));
        assert_eq!(few.lock().front().map(String::as_str), Some("user-0"));
        assert_eq!(Seats::of(&plan, true).total, MOST);
    }
}
