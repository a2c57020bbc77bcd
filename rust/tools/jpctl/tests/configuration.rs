//! `jpctl config` against a controller that is made up here and keeps a configuration as the real one does.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use api::{
    configuration::{AUTHOR, Accepted, Applies, Change, Checked, Version},
    problem::Mistake,
    session::Stamp,
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path as UrlPath, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use clap::Parser as _;
use config::Config;
use jpctl::{Failure, args::Args, run};
use serde_json::{Value, json};
use units::{BootId, Mono, Wall};

const CABINET: &str = include_str!("../../../domain/config/tests/cabinet.toml");
const CHARGER: &str = include_str!("../../../domain/config/tests/charger/small.json");

/// A version as it was handed in.
#[derive(Clone)]
struct Kept {
    text: String,
    config: Config,
    author: Option<String>,
    note: Option<String>,
    changes: Vec<String>,
}

type Book = Arc<Mutex<Vec<Kept>>>;

fn changes(before: &Config, after: &Config) -> Vec<Change> {
    let change = |change: config::Change| Change {
        applies: match config::applies(&change.pointer) {
            config::Applies::Now => Applies::Now,
            config::Applies::NextSession => Applies::NextSession,
        },
        pointer: change.pointer,
        before: change.before,
        after: change.after,
    };
    config::diff(before, after).into_iter().map(change).collect()
}

fn refusal(mistakes: Vec<config::Mistake>) -> Response {
    let told = |mistake: config::Mistake| Mistake {
        message: mistake.to_string(),
        pointer: mistake.pointer,
        value: mistake.value,
        expected: mistake.expected,
    };
    (StatusCode::UNPROCESSABLE_ENTITY, Json(mistakes.into_iter().map(told).collect::<Vec<_>>())).into_response()
}

fn take(book: &Book, headers: &HeaderMap, note: Option<&String>, text: String) -> Response {
    let mut book = book.lock().unwrap();
    if let Some(made_from) = headers.get(header::IF_MATCH)
        && made_from.to_str().unwrap() != format!("\"{}\"", book.len())
    {
        return shell::Problem::new(StatusCode::PRECONDITION_FAILED, "stale", "made from another version")
            .into_response();
    }
    let config = match config::from_toml(&text) {
        Ok(config) => config,
        Err(mistakes) => return refusal(mistakes),
    };
    let changes = changes(&book.last().unwrap().config, &config);
    book.push(Kept {
        text,
        config,
        author: headers.get(AUTHOR).map(|author| author.to_str().unwrap().to_owned()),
        note: note.cloned(),
        changes: changes.iter().map(|change| change.pointer.clone()).collect(),
    });
    let version = u64::try_from(book.len()).unwrap();
    Json(Accepted { version, changes, waiting: vec![], set_aside: None }).into_response()
}

fn document(headers: &HeaderMap, version: usize, kept: &Kept) -> Response {
    let etag = (header::ETAG, format!("\"{version}\""));
    if headers.get(header::ACCEPT).is_some_and(|wanted| wanted == "application/toml") {
        return ([etag], kept.text.clone()).into_response();
    }
    ([etag], Json(&kept.config)).into_response()
}

type Note = Query<std::collections::BTreeMap<String, String>>;

fn controller(book: &Book) -> Router {
    let current = |State(book): State<Book>, headers: HeaderMap| async move {
        let book = book.lock().unwrap();
        document(&headers, book.len(), book.last().unwrap())
    };
    let put = |State(book): State<Book>, Query(query): Note, headers: HeaderMap, body: Bytes| async move {
        if !headers.contains_key(header::IF_MATCH) {
            return StatusCode::PRECONDITION_REQUIRED.into_response();
        }
        assert_eq!(headers[header::CONTENT_TYPE], "application/toml");
        take(&book, &headers, query.get("note"), String::from_utf8(body.to_vec()).unwrap())
    };
    let patch = |State(book): State<Book>, Query(query): Note, headers: HeaderMap, Json(patch): Json<Value>| async move {
        let mut tree = serde_json::to_value(&book.lock().unwrap().last().unwrap().config).unwrap();
        config::merge(&mut tree, &patch);
        match config::from_json(&tree) {
            Ok(config) => take(&book, &headers, query.get("note"), config::to_toml(&config).unwrap()),
            Err(mistakes) => refusal(mistakes),
        }
    };
    let check = |State(book): State<Book>, body: Bytes| async move {
        match config::from_toml(std::str::from_utf8(&body).unwrap()) {
            Ok(config) => {
                let changes = changes(&book.lock().unwrap().last().unwrap().config, &config);
                Json(Checked { changes }).into_response()
            }
            Err(mistakes) => refusal(mistakes),
        }
    };
    let history = |State(book): State<Book>| async move {
        let stamp = Stamp { boot: BootId("b".into()), mono: Mono::BOOT, wall: Wall::default() };
        let book = book.lock().unwrap();
        let versions = book.iter().enumerate().map(|(i, kept)| Version {
            version: u64::try_from(i + 1).unwrap(),
            at: stamp.clone(),
            author: kept.author.clone().unwrap_or_else(|| "root".into()),
            note: kept.note.clone(),
            changes: kept.changes.clone(),
        });
        let mut versions: Vec<_> = versions.collect();
        versions.reverse();
        Json(versions)
    };
    let version = |State(book): State<Book>, UrlPath(version): UrlPath<usize>, headers: HeaderMap| async move {
        match book.lock().unwrap().get(version - 1) {
            Some(kept) => document(&headers, version, kept),
            None => shell::Problem::not_found(format!("there is no version {version}")).into_response(),
        }
    };
    let revert = |State(book): State<Book>, UrlPath(to): UrlPath<usize>, Query(query): Note, headers: HeaderMap| async move {
        let Some(kept) = book.lock().unwrap().get(to - 1).cloned() else {
            return shell::Problem::not_found(format!("there is no version {to}")).into_response();
        };
        take(&book, &headers, query.get("note"), kept.text)
    };
    Router::new()
        .route("/v1/config", get(current).put(put).patch(patch))
        .route("/v1/config/check", post(check))
        .route("/v1/config/history", get(history))
        .route("/v1/config/history/{version}", get(version))
        .route("/v1/config/revert/{version}", post(revert))
        .with_state(Arc::clone(book))
}

/// A cabinet that runs with one version.
struct Bench {
    folder: tempfile::TempDir,
    book: Book,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = config::from_toml(CABINET).unwrap();
        let first = Kept { text: CABINET.to_owned(), config, author: None, note: None, changes: vec![] };
        let book: Book = Arc::new(Mutex::new(vec![first]));
        let listener = shell::serve::listen(folder.path(), "controller.sock").unwrap();
        tokio::spawn(shell::serve::serve(controller(&book), listener, std::future::pending()));
        Self { folder, book }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn newest(&self) -> Kept {
        self.book.lock().unwrap().last().unwrap().clone()
    }

    fn versions(&self) -> usize {
        self.book.lock().unwrap().len()
    }

    async fn jpctl(&self, arguments: &[&str]) -> (Result<u8, Failure>, String) {
        jpctl(self.folder.path(), arguments).await
    }

    async fn done(&self, arguments: &[&str]) -> String {
        let (code, text) = self.jpctl(arguments).await;
        assert_eq!(code.unwrap(), 0, "{text}");
        text
    }

    async fn refused(&self, arguments: &[&str]) -> (Failure, String) {
        let (code, text) = self.jpctl(arguments).await;
        (code.unwrap_err(), text)
    }
}

async fn jpctl(folder: &Path, arguments: &[&str]) -> (Result<u8, Failure>, String) {
    let dir = folder.to_str().unwrap();
    let args = Args::try_parse_from([&["jpctl", "--run-dir", dir, "config"][..], arguments].concat()).unwrap();
    let mut out = Vec::new();
    let code = run(&args, &mut out).await;
    (code, String::from_utf8(out).unwrap())
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn it_is_shown_as_it_was_written() {
    let bench = Bench::new();
    assert_eq!(bench.done(&["show"]).await, CABINET);
    let tree: Value = serde_json::from_str(&bench.done(&["show", "--json"]).await).unwrap();
    assert_eq!(tree["site"]["limit_w"], 60_000);
    assert_eq!(bench.done(&["show", "--version", "1"]).await, CABINET);
    let (failure, _) = bench.refused(&["show", "--version", "9"]).await;
    assert_eq!(failure.to_string(), "controller refused (not_found): there is no version 9");
}

#[tokio::test]
async fn a_file_is_compared_and_put() {
    let bench = Bench::new();
    let file = bench.file("new.toml", &CABINET.replace("limit_w = 60000", "limit_w = 50000"));
    let said = bench.done(&["diff", path(&file)]).await;
    assert!(said.contains("/site/limit_w  60000   50000  now"), "{said}");
    assert_eq!(bench.versions(), 1);
    let said = bench.done(&["put", path(&file), "--note", "winter & more"]).await;
    assert!(said.contains("version 2 is accepted"), "{said}");
    assert_eq!(bench.newest().config.site.limit_w, 50_000);
    assert_eq!(bench.newest().note.as_deref(), Some("winter & more"));
    assert!(bench.done(&["diff", path(&file)]).await.contains("nothing changes"));
}

#[tokio::test]
async fn a_file_made_from_an_older_version_is_not_put() {
    let bench = Bench::new();
    let file = bench.file("new.toml", CABINET);
    bench.done(&["set", "/site/limit_w=40000"]).await;
    let (failure, _) = bench.refused(&["put", path(&file), "--version", "1"]).await;
    assert!(failure.to_string().contains("(stale)"), "{failure}");
    assert!(failure.to_string().contains("jpctl config history"), "{failure}");
    assert_eq!((failure.exit_code(), bench.versions()), (1, 2));
}

#[tokio::test]
async fn fields_are_set_alone_and_in_lists() {
    let bench = Bench::new();
    let said = bench.done(&["set", "/site/name=North", "/connectors/1/priority=3", "/rfid=null"]).await;
    assert!(said.contains("/connectors/1/priority  0"), "{said}");
    let config = bench.newest().config;
    assert_eq!((config.site.name.as_str(), config.connectors[1].priority, config.rfid), ("North", 3, None));
    assert_eq!(config.connectors.len(), 2);
    let (failure, _) = bench.refused(&["set", "/connectors/8/priority=3"]).await;
    assert!(failure.to_string().contains("there is no such entry; the list has 2"), "{failure}");
    let json: Accepted = serde_json::from_str(&bench.done(&["set", "/site/limit_w=5", "--json"]).await).unwrap();
    assert_eq!((json.version, json.changes.len()), (3, 1));
}

#[tokio::test]
async fn what_is_wrong_is_listed_in_a_table_and_nothing_is_taken() {
    let bench = Bench::new();
    let file = bench.file("bad.toml", &CABINET.replace("max_current_a = 200", "max_current_a = 0"));
    for arguments in [&["put", path(&file)][..], &["diff", path(&file)], &["check", path(&file)]] {
        let (failure, _) = bench.refused(arguments).await;
        assert_eq!(failure.exit_code(), 78);
        let lines: Vec<String> = failure.to_string().lines().map(str::to_owned).collect();
        assert_eq!(lines[0], "the configuration is refused");
        assert!(lines[1].starts_with("FIELD "), "{lines:?}");
        assert_eq!(lines[2], "/connectors/0/max_current_a  0   1 to 1000 A");
        assert_eq!(lines.len(), 4);
    }
    let (_, said) = bench.refused(&["put", path(&file), "--json"]).await;
    let json: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(json["mistakes"][0]["pointer"], "/connectors/0/max_current_a");
    assert_eq!(bench.versions(), 1);
}

#[tokio::test]
async fn earlier_versions_are_listed_and_brought_back() {
    let bench = Bench::new();
    bench.done(&["set", "/site/limit_w=40000", "--note", "a test"]).await;
    let said = bench.done(&["history"]).await;
    assert!(said.contains("/site/limit_w  a test"), "{said}");
    assert!(said.lines().nth(1).unwrap().starts_with("2 "), "{said}");
    let said = bench.done(&["revert", "1"]).await;
    assert!(said.contains("/site/limit_w  40000   60000  now") && said.contains("version 3"), "{said}");
    assert_eq!(bench.newest().text, CABINET);
    let (failure, _) = bench.refused(&["revert", "77"]).await;
    assert!(failure.to_string().contains("there is no version 77"), "{failure}");
    let (failure, _) = bench.refused(&["revert", "1", "--version", "1"]).await;
    assert!(failure.to_string().contains("(stale)"), "{failure}");
}

#[tokio::test]
async fn an_older_controllers_file_is_imported_and_applied_only_when_asked() {
    let bench = Bench::new();
    let file = bench.file("charger.json", CHARGER);
    let output = bench.folder.path().join("imported.toml");
    let said = bench.done(&["import", path(&file), "-o", path(&output)]).await;
    for words in [
        "NOT UNDERSTOOD",
        "/connectors/0/plcId",
        "/slots/0/gc",
        "as in this unit's configuration \"1\"",
        "nothing is lacking",
        "written to",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains("/chargePoint/vendor"), "{said}");
    assert!(bench.done(&["import", path(&file), "--all"]).await.contains("/chargePoint/vendor"));
    assert_eq!(bench.versions(), 1);
    let config = config::from_toml(&std::fs::read_to_string(&output).unwrap()).unwrap();
    assert_eq!((config.connectors.len(), config.connectors[0].interface.as_str()), (1, "plc1"));
    // What is there already stays.
    let (failure, _) = bench.refused(&["import", path(&file), "-o", path(&output)]).await;
    assert!(failure.to_string().contains("exists"), "{failure}");

    let said = bench.done(&["import", path(&file), "--apply", "--set", "/site/name=North"]).await;
    assert!(said.contains("version 2 is accepted"), "{said}");
    assert_eq!(bench.newest().config.site.name, "North");
    assert_eq!(bench.newest().note.as_deref(), Some("import of a charger.json"));
}

#[tokio::test]
async fn what_an_import_lacks_is_told_and_keeps_it_from_being_applied() {
    let bench = Bench::new();
    let file = bench.file("charger.json", CHARGER);
    let said = bench.done(&["import", path(&file), "--fresh"]).await;
    assert!(said.contains("/mcu/port is missing: expected the serial line of the MCU"), "{said}");
    let (failure, _) = bench.refused(&["import", path(&file), "--fresh", "--apply"]).await;
    assert_eq!(failure.exit_code(), 78);
    assert!(failure.to_string().contains("/meters/0/address"), "{failure}");
    assert_eq!(bench.versions(), 1);
    let json: Value = serde_json::from_str(&bench.done(&["import", path(&file), "--fresh", "--json"]).await).unwrap();
    assert_eq!(json["lacking"].as_array().unwrap().len(), 5);
    assert!(json["report"].as_array().unwrap().iter().any(|line| line["outcome"] == "not_understood"));
    assert_eq!(json["accepted"], json!(null));
    // It reads without any controller too.
    let elsewhere = tempfile::tempdir().unwrap();
    let (code, said) = jpctl(elsewhere.path(), &["import", path(&file)]).await;
    assert_eq!(code.unwrap(), 0);
    assert!(said.contains("no controller answers"), "{said}");
    let (failure, said) = bench.refused(&["import", path(&bench.file("no.json", "{"))]).await;
    assert!(said.contains("no JSON document"), "{said}");
    assert_eq!(failure.exit_code(), 78);
}
