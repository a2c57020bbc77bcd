//! What the CSMS said of tags beforehand: the local list, which it sends, and the cache, which remembers its answers.

use std::collections::BTreeMap;

use api::{
    command::Verdict,
    tokens::{CachedToken, CsmsReach, LocalList, LocalListChange, LocalListState, MAX_LOCAL_LIST, Token},
};
use core::time::Duration;
use units::{IdTag, Wall};

/// How many tags the cache remembers; the one seen longest ago goes first.
const MAX_CACHE: usize = 1_000;

/// What is known of tags without asking.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) reach: CsmsReach,
    version: i32,
    list: BTreeMap<IdTag, Token>,
    cache: BTreeMap<IdTag, CachedToken>,
}

/// Why a local list is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListRefusal {
    /// Its version is not what follows.
    Version {
        /// Of the list that there is.
        have: i32,
        /// Of the one that came.
        got: i32,
    },
    /// More tags than are kept.
    TooLong(usize),
}

impl std::fmt::Display for ListRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Version { have, got } => write!(f, "version is {got}: expected one above {have}"),
            Self::TooLong(size) => {
                write!(f, "the local list would have {size} tags: expected at most {MAX_LOCAL_LIST}")
            }
        }
    }
}

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    List,
    Cache,
}

impl Tokens {
    /// Takes what the store kept.
    pub(crate) fn recall(&mut self, list: LocalList, cache: Vec<CachedToken>) {
        self.replace(list);
        self.cache = cache.into_iter().map(|cached| (cached.token.id_tag.clone(), cached)).collect();
    }

    /// Takes a whole list.
    pub(crate) fn replace(&mut self, list: LocalList) {
        self.version = list.version;
        self.list = list.tokens.into_iter().map(|token| (token.id_tag.clone(), token)).collect();
    }

    /// Takes a change.
    pub(crate) fn change(&mut self, change: LocalListChange) {
        for tag in &change.remove {
            self.list.remove(tag);
        }
        self.list.extend(change.put.into_iter().map(|token| (token.id_tag.clone(), token)));
        self.version = change.version;
    }

    /// Whether a whole list would be taken.
    pub(crate) fn check_replace(list: &LocalList) -> Result<(), ListRefusal> {
        match list {
            LocalList { version, .. } if *version <= 0 => Err(ListRefusal::Version { have: 0, got: *version }),
            LocalList { tokens, .. } if tokens.len() > MAX_LOCAL_LIST => Err(ListRefusal::TooLong(tokens.len())),
            _ => Ok(()),
        }
    }

    /// Whether a change would be taken.
    pub(crate) fn check_change(&self, change: &LocalListChange) -> Result<(), ListRefusal> {
        if change.version <= self.version {
            return Err(ListRefusal::Version { have: self.version, got: change.version });
        }
        let new = change.put.iter().filter(|token| !self.list.contains_key(&token.id_tag)).count();
        let gone = change.remove.iter().filter(|tag| self.list.contains_key(*tag)).count();
        let size = (self.list.len() + new).saturating_sub(gone);
        if size > MAX_LOCAL_LIST { Err(ListRefusal::TooLong(size)) } else { Ok(()) }
    }

    pub(crate) fn list(&self) -> LocalList {
        LocalList { version: self.version, tokens: self.list.values().cloned().collect() }
    }

    pub(crate) fn list_state(&self) -> LocalListState {
        LocalListState { version: self.version, size: self.list.len() }
    }

    /// Remembers what the CSMS said.
    pub(crate) fn remember(&mut self, cached: CachedToken) {
        if self.cache.len() >= MAX_CACHE && !self.cache.contains_key(&cached.token.id_tag) {
            let oldest = self.cache.values().min_by_key(|cached| cached.at.ms).map(|old| old.token.id_tag.clone());
            oldest.and_then(|oldest| self.cache.remove(&oldest));
        }
        self.cache.insert(cached.token.id_tag.clone(), cached);
    }

    pub(crate) fn forget_cache(&mut self) {
        self.cache.clear();
    }

    /// What is known of a tag at `now`: the list goes before the cache. A clock that is not set is at least not ahead, so what has
    /// expired by it has expired.
    pub(crate) fn look_up(
        &self,
        tag: &IdTag,
        now: Wall,
        remembered_for: Option<Duration>,
    ) -> Option<(Source, Verdict)> {
        let expired = |token: &Token| token.expires_ms.is_some_and(|at| at <= now.ms);
        if let Some(token) = self.list.get(tag) {
            return Some((Source::List, if expired(token) { Verdict::Expired } else { token.verdict }));
        }
        let lifetime = i64::try_from(remembered_for?.as_millis()).unwrap_or(i64::MAX);
        let cached = self.cache.get(tag).filter(|cached| cached.at.ms.saturating_add(lifetime) > now.ms)?;
        Some((Source::Cache, if expired(&cached.token) { Verdict::Expired } else { cached.token.verdict }))
    }

    /// The group of a tag.
    fn group(&self, tag: &IdTag) -> Option<&IdTag> {
        let token = self.list.get(tag).or_else(|| self.cache.get(tag).map(|cached| &cached.token))?;
        token.group.as_ref()
    }

    /// Whether two tags are of one group.
    pub(crate) fn same_group(&self, a: &IdTag, b: &IdTag) -> bool {
        self.group(a).is_some_and(|group| Some(group) == self.group(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use units::ClockQuality;

    fn tag(text: &str) -> IdTag {
        IdTag::new(text).unwrap()
    }

    fn token(text: &str, verdict: Verdict) -> Token {
        Token { id_tag: tag(text), verdict, group: None, expires_ms: None }
    }

    fn wall(ms: i64) -> Wall {
        Wall { ms, quality: ClockQuality::Informative }
    }

    const HOUR: Option<Duration> = Some(Duration::from_hours(1));

    #[test]
    fn the_list_goes_before_the_cache_and_what_expires_is_expired() {
        let mut tokens = Tokens::default();
        tokens.remember(CachedToken { token: token("A", Verdict::Accepted), at: wall(0) });
        assert_eq!(tokens.look_up(&tag("A"), wall(10), HOUR), Some((Source::Cache, Verdict::Accepted)));
        assert_eq!(tokens.look_up(&tag("A"), wall(3_600_000), HOUR), None);
        assert_eq!(tokens.look_up(&tag("A"), wall(10), None), None);
        let expires_ms = Some(20);
        tokens.replace(LocalList { version: 1, tokens: vec![Token { expires_ms, ..token("A", Verdict::Accepted) }] });
        assert_eq!(tokens.look_up(&tag("A"), wall(19), HOUR), Some((Source::List, Verdict::Accepted)));
        assert_eq!(tokens.look_up(&tag("A"), wall(20), HOUR), Some((Source::List, Verdict::Expired)));
    }

    #[test]
    fn a_change_must_be_newer_and_fit() {
        let mut tokens = Tokens::default();
        tokens.replace(LocalList { version: 3, tokens: vec![token("A", Verdict::Accepted)] });
        let mut change =
            LocalListChange { version: 3, put: vec![token("B", Verdict::Blocked)], remove: vec![tag("A")] };
        assert_eq!(tokens.check_change(&change), Err(ListRefusal::Version { have: 3, got: 3 }));
        change.version = 4;
        assert_eq!(tokens.check_change(&change), Ok(()));
        tokens.change(change);
        assert_eq!(tokens.list(), LocalList { version: 4, tokens: vec![token("B", Verdict::Blocked)] });
        let many = (0..=MAX_LOCAL_LIST).map(|i| token(&i.to_string(), Verdict::Accepted)).collect::<Vec<_>>();
        let size = many.len();
        assert_eq!(
            Tokens::check_replace(&LocalList { version: 5, tokens: many.clone() }),
            Err(ListRefusal::TooLong(size))
        );
        let change = LocalListChange { version: 5, put: many, remove: vec![tag("B")] };
        assert_eq!(tokens.check_change(&change), Err(ListRefusal::TooLong(size)));
    }

    #[test]
    fn the_cache_is_bounded_and_forgets_the_oldest() {
        let mut tokens = Tokens::default();
        for i in 0..=MAX_CACHE {
            let at = wall(i64::try_from(i).unwrap());
            tokens.remember(CachedToken { token: token(&i.to_string(), Verdict::Accepted), at });
        }
        assert_eq!(tokens.cache.len(), MAX_CACHE);
        assert!(tokens.look_up(&tag("0"), wall(0), HOUR).is_none());
        tokens.forget_cache();
        assert!(tokens.look_up(&tag("5"), wall(0), HOUR).is_none());
    }

    #[test]
    fn a_group_is_known_from_both() {
        let group = Some(tag("G"));
        let mut tokens = Tokens::default();
        tokens.replace(LocalList {
            version: 1,
            tokens: vec![Token { group: group.clone(), ..token("A", Verdict::Accepted) }],
        });
        tokens.remember(CachedToken { token: Token { group, ..token("B", Verdict::Accepted) }, at: wall(0) });
        assert!(tokens.same_group(&tag("A"), &tag("B")));
        assert!(!tokens.same_group(&tag("A"), &tag("C")));
        assert!(!tokens.same_group(&tag("C"), &tag("D")));
    }

    proptest! {
        /// Full lists and differences, against a list that is kept by hand.
        #[test]
        fn differences_add_up(steps in prop::collection::vec((prop::collection::vec((0_u8..6, any::<bool>()), 0..6), any::<bool>()), 0..12)) {
            let (mut tokens, mut by_hand) = (Tokens::default(), BTreeSet::new());
            for (version, (entries, full)) in (1_i32..).zip(steps) {
                let (put, remove): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(_, put)| *put);
                let put: Vec<_> = put.iter().map(|(n, _)| token(&n.to_string(), Verdict::Accepted)).collect();
                let remove: Vec<_> = remove.iter().map(|(n, _)| tag(&n.to_string())).collect();
                if full {
                    by_hand.clear();
                } else {
                    by_hand.retain(|known| !remove.contains(known));
                }
                by_hand.extend(put.iter().map(|token| token.id_tag.clone()));
                if full {
                    tokens.replace(LocalList { version, tokens: put });
                } else {
                    let change = LocalListChange { version, put, remove };
                    prop_assert_eq!(tokens.check_change(&change), Ok(()));
                    tokens.change(change);
                }
                let list = tokens.list();
                prop_assert_eq!(list.version, version);
                prop_assert_eq!(list.tokens.iter().map(|t| &t.id_tag).collect::<Vec<_>>(), by_hand.iter().collect::<Vec<_>>());
            }
        }
    }
}
