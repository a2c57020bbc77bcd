//! The local list as the CSMS sends it.

use api::{
    command::Verdict,
    tokens::{LocalList, LocalListChange, MAX_LOCAL_LIST_CHANGE, Token},
};
use serde::Deserialize;
use serde_json::Value;
use units::IdTag;

use super::{ID_TAG_LENGTH, charging::time};
use crate::rpc::{CallError, ErrorCode};

/// A local list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List {
    /// All of it.
    Full(LocalList),
    /// What is different.
    Differential(LocalListChange),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    list_version: i32,
    #[serde(default)]
    local_authorization_list: Vec<Entry>,
    update_type: UpdateType,
}

#[derive(Deserialize)]
enum UpdateType {
    Full,
    Differential,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id_tag: String,
    #[serde(default)]
    id_tag_info: Option<Info>,
}

/// What is said of a tag.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    status: Status,
    #[serde(default)]
    expiry_date: Option<String>,
    #[serde(default)]
    parent_id_tag: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
enum Status {
    Accepted,
    Blocked,
    Expired,
    Invalid,
    ConcurrentTx,
}

impl Status {
    const fn verdict(self) -> Verdict {
        match self {
            Self::Accepted => Verdict::Accepted,
            Self::Blocked => Verdict::Blocked,
            Self::Expired => Verdict::Expired,
            Self::Invalid => Verdict::Invalid,
            Self::ConcurrentTx => Verdict::ConcurrentTx,
        }
    }
}

/// Reads the payload of `SendLocalList`.
pub fn list(payload: Value) -> Result<List, CallError> {
    let request: Request = super::theirs::read(payload)?;
    let violation = |words: &str| CallError::new(ErrorCode::PropertyConstraintViolation, words);
    if request.local_authorization_list.len() > MAX_LOCAL_LIST_CHANGE {
        return Err(violation("localAuthorizationList is longer than SendLocalListMaxLength"));
    }
    let (mut put, mut remove) = (Vec::new(), Vec::new());
    for entry in request.local_authorization_list {
        let id_tag = tag("idTag", &entry.id_tag)?;
        match entry.id_tag_info {
            None => remove.push(id_tag),
            Some(info) => put.push(Token {
                id_tag,
                verdict: info.status.verdict(),
                group: info.parent_id_tag.as_deref().map(|text| tag("parentIdTag", text)).transpose()?,
                expires_ms: info.expiry_date.as_deref().map(|text| time("expiryDate", text)).transpose()?,
            }),
        }
    }
    let version = request.list_version;
    match request.update_type {
        UpdateType::Full if !remove.is_empty() => Err(violation("a full list names a tag without idTagInfo")),
        UpdateType::Full => Ok(List::Full(LocalList { version, tokens: put })),
        UpdateType::Differential => Ok(List::Differential(LocalListChange { version, put, remove })),
    }
}

fn tag(field: &str, text: &str) -> Result<IdTag, CallError> {
    let bad = || {
        let words = format_args!("{field} is not 1 to {ID_TAG_LENGTH} printable characters");
        CallError::new(ErrorCode::PropertyConstraintViolation, words)
    };
    if text.len() > ID_TAG_LENGTH { Err(bad()) } else { IdTag::new(text).map_err(|_| bad()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_kinds_of_list_are_read() {
        let info = json!({"status": "Blocked", "expiryDate": "2026-09-21T00:00:00Z", "parentIdTag": "G"});
        let entries = json!([{"idTag": "A", "idTagInfo": info}, {"idTag": "B"}]);
        let payload = |kind: &str, entries: &Value| json!({"listVersion": 3, "localAuthorizationList": entries, "updateType": kind});
        let token = Token {
            id_tag: IdTag::new("A").unwrap(),
            verdict: Verdict::Blocked,
            group: IdTag::new("G").ok(),
            expires_ms: Some(1_789_948_800_000),
        };
        let change = LocalListChange { version: 3, put: vec![token.clone()], remove: vec![IdTag::new("B").unwrap()] };
        assert_eq!(list(payload("Differential", &entries)), Ok(List::Differential(change)));
        assert!(list(payload("Full", &entries)).is_err());
        let whole = json!([entries[0]]);
        assert_eq!(list(payload("Full", &whole)), Ok(List::Full(LocalList { version: 3, tokens: vec![token] })));
        assert_eq!(
            list(json!({"listVersion": 4, "updateType": "Full"})),
            Ok(List::Full(LocalList { version: 4, tokens: vec![] }))
        );
    }

    #[test]
    fn a_list_beyond_its_bounds_is_refused() {
        let entries = |count: usize, tag: &str| vec![json!({"idTag": tag}); count];
        let send = |entries: Vec<Value>| {
            list(json!({"listVersion": 1, "localAuthorizationList": entries, "updateType": "Differential"}))
        };
        assert!(send(entries(MAX_LOCAL_LIST_CHANGE, "A")).is_ok());
        assert!(send(entries(MAX_LOCAL_LIST_CHANGE + 1, "A")).is_err());
        assert!(send(entries(1, &"A".repeat(21))).is_err());
        assert!(send(entries(1, "")).is_err());
    }
}
