//! Who may charge, as the CSMS said beforehand: the local list and the authorisation cache.

use serde::{Deserialize, Serialize};
use units::{IdTag, Wall};
use utoipa::ToSchema;

use crate::command::Verdict;

/// How many tags the local list may have.
pub const MAX_LOCAL_LIST: usize = 5_000;
/// How many tags one message about it may carry.
pub const MAX_LOCAL_LIST_CHANGE: usize = 500;

/// What an authority said of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Which.
    pub id_tag: IdTag,
    /// What it said.
    pub verdict: Verdict,
    /// The group that it belongs to: tags of one group end each other's charges.
    #[serde(default)]
    pub group: Option<IdTag>,
    /// Until when it holds, in ms since 1970.
    #[serde(default)]
    pub expires_ms: Option<i64>,
}

/// The local list: `PUT /v1/local-list` replaces it whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalList {
    /// The CSMS's number for it.
    pub version: i32,
    /// All of it.
    pub tokens: Vec<Token>,
}

/// `PATCH /v1/local-list`: what is different in a newer version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalListChange {
    /// Of the list with these changes; higher than the one before.
    pub version: i32,
    /// New, or other than before.
    pub put: Vec<Token>,
    /// Not in it any more.
    pub remove: Vec<IdTag>,
}

/// `GET /v1/local-list`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LocalListState {
    /// 0 without a list.
    pub version: i32,
    /// How many tags it has.
    pub size: usize,
}

/// A tag in the cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CachedToken {
    /// What the CSMS said.
    pub token: Token,
    /// When.
    pub at: Wall,
}

/// `PUT /v1/csms`: how the charger stands with its CSMS, as its daemon knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CsmsLink {
    /// Whether it can be asked.
    pub reach: CsmsReach,
}

/// Whether the CSMS can be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CsmsReach {
    /// Nobody has said: it is asked, and given its time.
    #[default]
    Unknown,
    /// It can.
    Online,
    /// It cannot: what it said beforehand counts at once.
    Offline,
}
