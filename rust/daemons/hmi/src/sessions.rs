//! Signed-in browsers. Kept in memory only: a restart signs everybody out, and there is nothing to steal from a disk.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use ring::digest;
use units::Mono;

use crate::{password, users::User};

/// A session ends after this time whatever is done.
pub const LIFETIME: Duration = Duration::from_hours(12);
/// A session ends after this time without a request.
pub const IDLE: Duration = Duration::from_mins(30);
/// So many at once; the one that was idle longest gives way.
pub const MAX: usize = 256;

/// What the table knows a session by: the digest of its token, so that the token itself is nowhere but in the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id([u8; 32]);

/// One signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub user: String,
    /// The version of the user's entry at the sign-in.
    pub version: u64,
    started: Mono,
    used: Mono,
}

impl Session {
    /// How long it lasts at most from `now`.
    pub fn remaining(&self, now: Mono) -> Duration {
        LIFETIME.saturating_sub(now.since(self.started))
    }

    fn over(&self, now: Mono) -> bool {
        now.since(self.started) >= LIFETIME || now.since(self.used) >= IDLE
    }
}

/// The table of sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    table: Mutex<HashMap<Id, Session>>,
}

impl Sessions {
    /// Signs `user` in; gives the token for the cookie.
    pub fn start(&self, user: &User, now: Mono) -> Result<String, password::Error> {
        let token = hex(&password::random::<32>()?);
        let session = Session { user: user.name.clone(), version: user.version, started: now, used: now };
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.retain(|_, session| !session.over(now));
        if table.len() >= MAX
            && let Some(oldest) = table.iter().min_by_key(|(_, session)| session.used).map(|(id, _)| *id)
        {
            table.remove(&oldest);
        }
        table.insert(id(&token), session);
        Ok(token)
    }

    /// The session of a cookie's token, counted as used now.
    pub fn touch(&self, token: &str, now: Mono) -> Option<(Id, Session)> {
        let id = id(token);
        self.touch_id(id, now).map(|session| (id, session))
    }

    /// The same by id, for what a request started and goes on.
    pub fn touch_id(&self, id: Id, now: Mono) -> Option<Session> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let session = table.get_mut(&id)?;
        if session.over(now) {
            table.remove(&id);
            return None;
        }
        session.used = now;
        Some(session.clone())
    }

    /// Signs out.
    pub fn end(&self, id: Id) {
        self.table.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

fn id(token: &str) -> Id {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    let mut id = [0; 32];
    for (to, from) in id.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    Id(id)
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::Users;

    fn user() -> User {
        let dir = tempfile::tempdir().unwrap();
        Users::open(dir.path()).unwrap().0.get("admin").unwrap()
    }

    fn at(minutes: u64) -> Mono {
        Mono::BOOT + Duration::from_mins(minutes)
    }

    #[test]
    fn a_session_lasts_while_it_is_used_and_no_longer_than_its_lifetime() {
        let sessions = Sessions::default();
        let token = sessions.start(&user(), at(0)).unwrap();
        assert_eq!(token.len(), 64);
        assert!(sessions.touch("00", at(0)).is_none());
        for minutes in (0..12 * 60).step_by(29) {
            assert!(sessions.touch(&token, at(minutes)).is_some(), "{minutes} min");
        }
        assert!(sessions.touch(&token, at(12 * 60)).is_none());

        let token = sessions.start(&user(), at(0)).unwrap();
        assert!(sessions.touch(&token, at(30)).is_none(), "idle");
        assert!(sessions.touch(&token, at(1)).is_none(), "and gone");
    }

    #[test]
    fn signing_out_ends_it() {
        let sessions = Sessions::default();
        let token = sessions.start(&user(), at(0)).unwrap();
        let (id, _) = sessions.touch(&token, at(0)).unwrap();
        sessions.end(id);
        assert!(sessions.touch_id(id, at(0)).is_none());
    }

    #[test]
    fn the_table_is_bounded() {
        let sessions = Sessions::default();
        let user = user();
        let first = sessions.start(&user, at(0)).unwrap();
        let second = sessions.start(&user, at(1)).unwrap();
        for _ in 2..=MAX {
            sessions.start(&user, at(2)).unwrap();
        }
        assert!(sessions.touch(&first, at(2)).is_none(), "the one idle longest gave way");
        assert!(sessions.touch(&second, at(2)).is_some());
    }
}
