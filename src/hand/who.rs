//! Who listens: a user with a password, or whoever a session id stands for.

use std::fmt;

use crate::scenario::Plan;

/// Who a socket belongs to.
#[derive(Clone, PartialEq, Eq)]
pub enum Who {
    /// A user who logs in.
    User {
        /// The name.
        name: String,
        /// The password.
        password: String,
    },
    /// Whoever this session id stands for.
    Session(String),
}

/// A user's password was not given, and cannot be made from the name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no password is known for {name:?}; give it with --password")]
pub struct NoPassword {
    name: String,
}

impl Who {
    /// A user. With no password given it is made as a plan makes those of its users (`password-7` of `user-7`); `{n}` in one that is given
    /// stands for the user's number too.
    pub fn user(plan: &Plan, name: &str, password: Option<&str>) -> Result<Self, NoPassword> {
        let number = number(&plan.user_name, name);
        let password = match (password, number) {
            (Some(given), Some(n)) => given.replace("{n}", n),
            (Some(given), None) => given.to_owned(),
            (None, Some(n)) => plan.password.replace("{n}", n),
            (None, None) => {
                return Err(NoPassword {
                    name: name.to_owned(),
                });
            }
        };
        Ok(Self::User {
            name: name.to_owned(),
            password,
        })
    }

    /// The user's name, if it is known.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::User { name, .. } => Some(name),
            Self::Session(_) => None,
        }
    }
}

/// The digits that stand for `{n}`.
fn number<'a>(template: &str, name: &'a str) -> Option<&'a str> {
    let (before, after) = template.split_once("{n}")?;
    let n = name.strip_prefix(before)?.strip_suffix(after)?;
    let digits = !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit());
    digits.then_some(n)
}

/// The user's name, or what else there is to call it; never a secret.
impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or("the session"))
    }
}

/// Without password and session id: these end up in no log.
impl fmt::Debug for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Who({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;

    fn password(name: &str, given: Option<&str>) -> Option<String> {
        let plan = Plan::from_file(&File::default(), 1).unwrap();
        match Who::user(&plan, name, given) {
            Ok(Who::User { password, .. }) => Some(password),
            _ => None,
        }
    }

    #[test]
    fn a_numbered_user_has_a_password_of_its_number() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(password("user-0", None), some("password-0"));
        assert_eq!(password("user-12", None), some("password-12"));
        assert_eq!(password("user-12", Some("x{n}")), some("x12"));
        assert_eq!(password("user-12", Some("pw")), some("pw"));
        assert_eq!(password("alice", Some("{n}")), some("{n}"));
        for name in ["alice", "user-", "user-x", "user-1 ", "User-1", ""] {
            assert_eq!(password(name, None), None, "{name}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let plan = Plan::from_file(&File::default(), 1).unwrap();
        let user = Who::user(&plan, "user-3", Some("secret")).unwrap();
        let session = Who::Session("secret".to_owned());
        assert_eq!(format!("{user} {user:?}"), "user-3 Who(user-3)");
        assert_eq!(
            format!("{session} {session:?}"),
            "the session Who(the session)"
        );
    }
}
