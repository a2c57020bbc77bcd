//! The clerk at work on a real folder.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, sync_channel},
    },
};

use api::{configuration, session::Stamp, state::ConfigWaiting};
use config::Config;
use serde_json::json;
use tokio::sync::oneshot;
use units::{BootId, Mono, Wall};

use super::{
    Book, Clerk, Desk, Document, Refusal, Request,
    book::KEPT,
    clerk::{Cabinet, Job, history},
    load,
};

const BENCH: &str = include_str!("../../../../../ci/cabinet/bench.toml");

fn stamp() -> Stamp {
    Stamp { boot: BootId("boot".to_owned()), mono: Mono::from_millis(7), wall: Wall::default() }
}

/// What the cabinet was told, and what stood in the file then.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Config { limit_w: i64, version: u64, in_file: String },
    Refused(String),
}

#[derive(Clone, Debug)]
struct Fake {
    told: Arc<Mutex<Vec<Told>>>,
    /// How often it does not listen.
    deaf: Arc<Mutex<u32>>,
    file: PathBuf,
}

impl Cabinet for Fake {
    fn accept(&self, config: &Config, version: u64) -> Option<Receiver<Vec<ConfigWaiting>>> {
        let mut deaf = self.deaf.lock().unwrap();
        if let Some(less) = deaf.checked_sub(1) {
            *deaf = less;
            return None;
        }
        let in_file = fs::read_to_string(&self.file).unwrap_or_default();
        self.told.lock().unwrap().push(Told::Config { limit_w: config.site.limit_w, version, in_file });
        let (done, waiting) = sync_channel(1);
        done.send(Vec::new()).unwrap();
        Some(waiting)
    }

    fn refused(&self, why: String) {
        self.told.lock().unwrap().push(Told::Refused(why));
    }
}

struct Office {
    folder: tempfile::TempDir,
    clerk: Clerk<Fake>,
    desk: Desk,
    told: Arc<Mutex<Vec<Told>>>,
    deaf: Arc<Mutex<u32>>,
}

fn with_limit(limit_w: i64) -> String {
    assert!(BENCH.contains("limit_w = 60000"));
    BENCH.replace("limit_w = 60000", &format!("limit_w = {limit_w}"))
}

impl Office {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("joulepoint.toml"), BENCH).unwrap();
        Self::open(folder)
    }

    fn open(folder: tempfile::TempDir) -> Self {
        let file = folder.path().join("joulepoint.toml");
        let loaded = load(&file, folder.path(), stamp()).unwrap();
        let (told, deaf) = (Arc::default(), Arc::default());
        let fake = Fake { told: Arc::clone(&told), deaf: Arc::clone(&deaf), file };
        let (clerk, desk, _) = Clerk::new(loaded, fake, stamp);
        Self { folder, clerk, desk, told, deaf }
    }

    /// The next start on the same folder.
    fn restart(self) -> Self {
        Self::open(self.folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self) -> String {
        fs::read_to_string(self.path("joulepoint.toml")).unwrap()
    }

    fn edit(&mut self, text: &str) {
        fs::write(self.path("joulepoint.toml"), text).unwrap();
        self.clerk.take(Job::Look);
    }

    fn change_from(&mut self, document: Document, made_from: Option<u64>) -> Result<configuration::Accepted, Refusal> {
        let request = Request { document, made_from, author: "hmi:anna".to_owned(), note: Some("why".to_owned()) };
        let (answer, mut answered) = oneshot::channel();
        self.clerk.take(Job::Change(request, answer));
        answered.try_recv().unwrap()
    }

    fn change(&mut self, document: Document) -> Result<configuration::Accepted, Refusal> {
        self.change_from(document, None)
    }

    fn told(&self) -> Vec<Told> {
        std::mem::take(&mut self.told.lock().unwrap())
    }

    fn limit(&self) -> i64 {
        self.desk.accepted().config.site.limit_w
    }

    fn version(&self) -> u64 {
        self.desk.accepted().version
    }
}

#[test]
fn the_same_file_is_the_same_version() {
    let office = Office::new();
    assert_eq!(office.version(), 1);
    let office = office.restart().restart();
    assert_eq!(office.version(), 1);
    let history = history(office.desk.book(), KEPT);
    assert_eq!(history.iter().map(|v| (v.version, v.author.as_str())).collect::<Vec<_>>(), [(1, "file")]);
}

#[test]
fn a_change_is_written_down_and_then_in_force() {
    let mut office = Office::new();
    let accepted = office.change_from(Document::Patch(json!({"site": {"limit_w": 70_000}})), Some(1)).unwrap();
    assert_eq!(accepted.version, 2);
    let [change] = accepted.changes.as_slice() else { panic!("{accepted:?}") };
    assert_eq!((change.pointer.as_str(), change.applies), ("/site/limit_w", configuration::Applies::Now));
    assert_eq!((&change.before, &change.after), (&Some(json!(60_000)), &Some(json!(70_000))));
    let [Told::Config { limit_w: 70_000, version: 2, in_file }] = &office.told()[..] else { panic!() };
    assert!(in_file.contains("limit_w = 70000"), "in force before it was on disk");
    let office = office.restart();
    assert_eq!((office.version(), office.limit()), (2, 70_000));
    let newest = office.desk.book().read(2).unwrap().version;
    assert_eq!((newest.author.as_str(), newest.note.as_deref()), ("hmi:anna", Some("why")));
    assert_eq!(newest.changes, ["/site/limit_w"]);
}

#[test]
fn a_lowered_limit_does_not_wait_for_the_disk() {
    let mut office = Office::new();
    office.change(Document::Patch(json!({"site": {"limit_w": 20_000, "name": "another"}}))).unwrap();
    let [first, second] = &office.told()[..] else { panic!() };
    let Told::Config { limit_w: 20_000, version: 1, in_file } = first else { panic!("{first:?}") };
    assert!(in_file.contains("limit_w = 60000"));
    let Told::Config { limit_w: 20_000, version: 2, in_file } = second else { panic!("{second:?}") };
    assert!(in_file.contains("another"));
}

#[test]
fn what_cannot_be_written_is_taken_back() {
    let mut office = Office::new();
    fs::remove_dir_all(office.path("configuration")).unwrap();
    let refusal = office.change(Document::Patch(json!({"site": {"limit_w": 20_000}}))).unwrap_err();
    assert!(matches!(refusal, Refusal::Unavailable(_)), "{refusal}");
    let told = office.told();
    let limits: Vec<_> =
        told.iter().map(|told| matches!(told, Told::Config { limit_w: 60_000, version: 1, .. })).collect();
    assert_eq!(limits, [false, true]);
    assert_eq!((office.version(), office.limit(), office.file().as_str()), (1, 60_000, BENCH));
}

#[test]
fn a_cabinet_that_does_not_listen_is_handed_it_again() {
    let mut office = Office::new();
    *office.deaf.lock().unwrap() = 1;
    let refusal = office.change(Document::Patch(json!({"site": {"limit_w": 70_000}}))).unwrap_err();
    assert!(matches!(refusal, Refusal::Unavailable(_)), "{refusal}");
    assert_eq!((office.limit(), office.version(), office.told().len()), (70_000, 2, 0));
    office.clerk.take(Job::Look);
    assert!(matches!(office.told()[..], [Told::Config { limit_w: 70_000, version: 2, .. }]));
    office.clerk.take(Job::Look);
    assert_eq!(office.told(), []);
}

#[test]
fn a_change_made_from_an_older_version_is_refused() {
    let mut office = Office::new();
    office.change_from(Document::Toml(with_limit(50_000)), Some(1)).unwrap();
    let refusal = office.change_from(Document::Toml(with_limit(40_000)), Some(1)).unwrap_err();
    assert!(matches!(refusal, Refusal::Stale { made_from: 1, accepted: 2 }));
    // A hand that has written meanwhile comes first, though nobody has looked yet.
    fs::write(office.path("joulepoint.toml"), with_limit(45_000)).unwrap();
    let refusal = office.change_from(Document::Toml(with_limit(40_000)), Some(2)).unwrap_err();
    assert!(matches!(refusal, Refusal::Stale { made_from: 2, accepted: 3 }));
    assert_eq!(office.limit(), 45_000);
}

#[test]
fn a_bad_document_is_refused_whole_and_names_its_fields() {
    let mut office = Office::new();
    let patch = json!({"site": {"limit_w": -1, "name": ""}, "planner": {"ramp_a_per_s": 5}});
    let Refusal::Mistakes(mistakes) = office.change(Document::Patch(patch.clone())).unwrap_err() else { panic!() };
    let pointers: Vec<_> = mistakes.iter().map(|mistake| mistake.pointer.as_str()).collect();
    assert_eq!(pointers, ["/site/limit_w", "/site/name"]);
    assert!(matches!(office.desk.check(Document::Patch(patch)), Err(Refusal::Mistakes(_))));
    assert_eq!((office.version(), office.told().len(), office.file().as_str()), (1, 0, BENCH));
    let changes = office.desk.check(Document::Toml(with_limit(50_000))).unwrap();
    assert_eq!((changes.len(), office.version()), (1, 1));
}

#[test]
fn an_edit_by_hand_is_taken_as_it_is() {
    let mut office = Office::new();
    let edited = format!("# by night less\n{}", with_limit(50_000));
    office.edit(&edited);
    assert_eq!((office.version(), office.limit()), (2, 50_000));
    assert_eq!(office.file(), edited);
    assert_eq!(office.desk.book().read(2).unwrap().version.author, "file");
    assert_eq!(&*office.desk.accepted().text, edited);
    // Another comment is no other configuration.
    office.edit(&format!("# and by day\n{edited}"));
    assert_eq!(office.version(), 2);
    assert!(office.desk.accepted().text.starts_with("# and by day"));
}

#[test]
fn a_bad_edit_by_hand_is_refused_and_left_as_it_is() {
    let mut office = Office::new();
    let bad = with_limit(-1);
    office.edit(&bad);
    let [Told::Refused(why)] = &office.told()[..] else { panic!() };
    assert!(why.contains("/site/limit_w"), "{why}");
    assert_eq!((office.version(), office.limit(), office.file()), (1, 60_000, bad.clone()));
    // Nobody looks twice at the same.
    office.clerk.take(Job::Look);
    assert_eq!(office.told(), []);
    // At the next start it is as bad.
    let mut office = office.restart();
    assert_eq!((office.limit(), office.file()), (60_000, bad));
    // Put right again it ends the fault, and is no other version.
    office.edit(BENCH);
    assert!(matches!(office.told()[..], [Told::Config { limit_w: 60_000, version: 1, .. }]));
    assert_eq!(office.version(), 1);
}

#[test]
fn a_bad_edit_makes_room_for_another_change_but_is_not_lost() {
    let mut office = Office::new();
    let bad = with_limit(-1);
    office.edit(&bad);
    let accepted = office.change(Document::Patch(json!({"site": {"limit_w": 30_000}}))).unwrap();
    let aside = accepted.set_aside.unwrap();
    assert!(aside.ends_with("joulepoint.toml.refused"));
    assert_eq!(fs::read_to_string(aside).unwrap(), bad);
    assert!(office.file().contains("limit_w = 30000"));
    // Even if the change asks for what is in force already.
    office.edit(&bad);
    let accepted = office.change(Document::Patch(json!({}))).unwrap();
    assert_eq!((accepted.version, accepted.set_aside.is_some()), (2, true));
    assert!(office.file().contains("limit_w = 30000"));
}

#[test]
fn an_earlier_version_is_brought_back_as_a_new_one() {
    let mut office = Office::new();
    office.change(Document::Toml(with_limit(50_000))).unwrap();
    office.change(Document::Json(serde_json::to_value(&*office.desk.accepted().config).unwrap())).unwrap();
    assert_eq!(office.version(), 2, "nothing changed");
    let accepted = office.change(Document::Revert(1)).unwrap();
    assert_eq!((accepted.version, office.limit(), office.file().as_str()), (3, 60_000, BENCH));
    assert!(matches!(office.change(Document::Revert(9)).unwrap_err(), Refusal::Unknown(9)));
    let history: Vec<u64> = history(office.desk.book(), KEPT).iter().map(|version| version.version).collect();
    assert_eq!(history, [3, 2, 1]);
}

#[test]
fn two_hundred_versions_are_kept() {
    let mut office = Office::new();
    for limit_w in 1..=205 {
        office.change(Document::Patch(json!({"site": {"limit_w": limit_w}}))).unwrap();
    }
    let numbers = office.desk.book().numbers();
    assert_eq!((numbers.len(), numbers.first(), numbers.last()), (KEPT, Some(&7), Some(&206)));
}

#[test]
fn a_power_cut_at_any_step_leaves_one_of_the_two_whole() {
    let next = with_limit(50_000);
    let mut entry = {
        let office = Office::new();
        office.desk.book().read(1).unwrap()
    };
    entry.version.version = 2;
    entry.document.clone_from(&next);
    let record = serde_json::to_string(&entry).unwrap();
    let half = |text: &str| text[..text.len() / 2].to_owned();
    // What stands beside the file, what the version's record holds, whether the file was taken aside, and what is in force.
    for (beside, version, aside, limit) in [
        (Some(half(&next)), None, false, 60_000),
        (Some(next.clone()), None, false, 60_000),
        (Some(next.clone()), Some(half(&record)), false, 60_000),
        (Some(next.clone()), Some(record.clone()), false, 50_000),
        (Some(next.clone()), Some(record), true, 50_000),
    ] {
        let office = Office::new();
        if let Some(text) = &beside {
            fs::write(office.path("joulepoint.toml.new"), text).unwrap();
        }
        if let Some(text) = &version {
            fs::write(office.path("configuration/schema-1/2.json"), text).unwrap();
        }
        if aside {
            fs::rename(office.path("joulepoint.toml"), office.path("joulepoint.toml.refused")).unwrap();
        }
        let mut office = office.restart();
        assert_eq!(office.limit(), limit);
        assert_eq!(config::from_toml(&office.file()).unwrap().site.limit_w, limit);
        assert!(!office.path("joulepoint.toml.new").exists());
        // Life goes on, with a number that nobody has had.
        let accepted = office.change(Document::Patch(json!({"site": {"limit_w": 10_000}}))).unwrap();
        assert_eq!(accepted.version, if version.is_some() { 3 } else { 2 });
    }
}

#[test]
fn what_the_program_before_left_is_taken_and_left_there() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("joulepoint.toml"), "nothing that this program knows = 1").unwrap();
    let before = Book::of_schema(folder.path(), 0).unwrap();
    fs::write(folder.path().join("last-good.toml"), with_limit(30_000)).unwrap();
    let office = Office::open(folder);
    assert_eq!((office.limit(), office.version()), (30_000, 1));
    assert!(office.path("last-good.toml").exists());
    // A book of its is better than that.
    let mut entry = office.desk.book().read(1).unwrap();
    entry.document = with_limit(35_000);
    before.write(&entry).unwrap();
    fs::remove_dir_all(office.path("configuration/schema-1")).unwrap();
    let office = office.restart();
    assert_eq!(office.limit(), 35_000);
    assert_eq!(before.read(1).unwrap().document, with_limit(35_000));
}

#[test]
fn without_any_good_configuration_there_is_no_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("joulepoint.toml");
    let none = |why: &str| match load(&file, folder.path(), stamp()) {
        Err(super::StartError::None(mistakes)) => assert!(mistakes.iter().any(|m| m.contains(why)), "{mistakes:?}"),
        other => panic!("{other:?}"),
    };
    none("No such file");
    fs::write(&file, with_limit(-1)).unwrap();
    none("/site/limit_w");
}
