//! What ends gets signed, whatever happens in between.

use std::time::Instant;

use api::{
    command::StopReason,
    outbox::Body,
    receipt::{Receipt, Signer},
    session::{AuthorisedBy, Outlet, Register},
};
use cabinet::Record;
use units::{BootId, ChainId, ClockQuality, ConnectorId, IdTag, Mono, Wall};

use super::*;
use crate::{inbox::Inbox, store::Opened};

struct World {
    dir: tempfile::TempDir,
    reader: Reader,
    config: watch::Sender<Arc<Config>>,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let reader = Reader::new(dir.path().join("controller.db"));
        let config = config::from_toml(include_str!("../../../../domain/config/tests/cabinet.toml")).unwrap();
        Self { dir, reader, config: watch::channel(Arc::new(config)).0 }
    }

    /// A controller's store and its signing.
    fn start(&self, tpm: Tpm) -> Signing {
        let (inbox, _messages) = Inbox::new(serial::Waker::new().unwrap());
        let store = Opened::at(&self.dir.path().join("controller.db")).unwrap().start(inbox).unwrap();
        let (shown, _) = watch::channel(State::default());
        let place = tpm.place(self.dir.path());
        Signing { place, reader: self.reader.clone(), store, in_force: self.config.subscribe(), shown }
    }

    fn receipt(&self, session: &Session) -> Signed {
        self.reader.receipt(&session.id).unwrap()
    }

    fn record(&self, session: &Session) -> Receipt {
        match self.receipt(session) {
            Signed::Yes(receipt) => receipt,
            other => panic!("{other:?}"),
        }
    }
}

fn stamp(s: u64) -> Stamp {
    let wall = Wall { ms: 1_795_000_000_000 + i64::try_from(s).unwrap() * 1_000, quality: ClockQuality::Synchronised };
    Stamp { boot: BootId("boot".into()), mono: Mono::from_millis(s * 1_000), wall }
}

fn register(digits: u64, meter: &str) -> Register {
    Register { digits, exponent: 1, meter: meter.into() }
}

fn ended(n: u8) -> Session {
    let id = SessionId::new(&format!("00000000-0000-4000-8000-0000000000{n:02}")).unwrap();
    let place = (ConnectorId::new(1).unwrap(), ChainId::new("main").unwrap());
    let tag = IdTag::new("04A1B2C3D4E5F6").unwrap();
    let mut session = Session::begin(id, place, tag, register(100, "meter1"), stamp(1));
    session.authorised_by = AuthorisedBy::Csms;
    session.outlet =
        Some(Outlet { evse_id: "DE*JPT*E1".into(), meter_vendor: "Acrel".into(), meter_model: "DJSF1352-RN".into() });
    session.read(register(142, "meter1"), stamp(9), vec![]);
    session.stopped = Some(stamp(9));
    session.reason = Some(StopReason::Local);
    session
}

/// Writes a whole session, and returns when it is on the disk.
fn run_session(signing: &Signing, session: &Session) {
    let mut open = session.clone();
    (open.stopped, open.reason) = (None, None);
    signing.store.record(Record::Open(open));
    signing.store.record(Record::Close(session.clone()));
    settled(signing);
}

fn settled(signing: &Signing) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(signing.store.settled()).unwrap();
}

#[test]
fn every_session_that_ends_is_signed_in_order_and_told() {
    let world = World::new();
    let mut signing = world.start(Tpm::None);
    for n in 1..=3 {
        run_session(&signing, &ended(n));
    }
    assert_eq!(world.receipt(&ended(1)), Signed::NotYet);
    signing.round(&mut None).unwrap();
    for n in 1..=3 {
        let receipt = world.record(&ended(n));
        assert_eq!(receipt.signer, Signer::Software);
        assert!(receipt.record.contains(&format!("\"PG\":\"T{n}\"")), "{}", receipt.record);
        receipt::verify(&receipt.record, receipt.public_key.as_ref().unwrap()).unwrap();
    }
    let told: Vec<SessionId> = world
        .reader
        .outbox(0, 100)
        .unwrap()
        .events
        .into_iter()
        .filter_map(|event| match event.body {
            Body::SessionSigned { receipt, .. } => Some(receipt.session),
            _ => None,
        })
        .collect();
    assert_eq!(told, [ended(1).id, ended(2).id, ended(3).id]);
    let keys = world.reader.keys().unwrap();
    assert_eq!((keys.len(), keys[0].records, keys[0].kind), (1, 3, Signer::Software));
}

#[test]
fn the_thread_goes_on_when_the_one_that_started_it_ends() {
    let world = World::new();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().map(Arc::new).unwrap();
    let signing = world.start(Tpm::None);
    let (store, shown) = (signing.store.clone(), signing.shown.subscribe());
    signing.start(Arc::clone(&runtime)).unwrap();
    let until = Instant::now() + Duration::from_mins(1);
    // Until it waits for news.
    while shown.borrow().key.is_none() {
        assert!(Instant::now() < until, "no key: {:?}", shown.borrow().problem);
        thread::sleep(Duration::from_millis(10));
    }
    drop(runtime);
    let session = ended(1);
    store.record(Record::Open(Session { stopped: None, reason: None, ..session.clone() }));
    store.record(Record::Close(session.clone()));
    let until = Instant::now() + Duration::from_mins(1);
    while world.receipt(&session) == Signed::NotYet && Instant::now() < until {
        thread::sleep(Duration::from_millis(10));
    }
    assert!(matches!(world.receipt(&session), Signed::Yes(_)));
}

#[test]
fn the_next_controller_signs_what_the_last_one_could_not() {
    let world = World::new();
    run_session(&world.start(Tpm::None), &ended(1));
    // The power went before it was signed; another session was cut off in its middle.
    let cut = Session { stopped: None, reason: None, ..ended(2) };
    let signing = world.start(Tpm::None);
    signing.store.record(Record::Open(cut.clone()));
    settled(&signing);
    drop(signing);
    let closed = Opened::at(&world.dir.path().join("controller.db")).unwrap().close_orphans(&[]).unwrap();
    assert_eq!(closed, std::slice::from_ref(&cut.id));
    let mut signing = world.start(Tpm::None);
    signing.round(&mut None).unwrap();
    assert!(world.record(&ended(1)).record.contains("\"TX\":\"L\""));
    assert!(world.record(&cut).record.contains("\"TX\":\"P\""));
    // And only once.
    let before = world.record(&ended(1));
    signing.round(&mut None).unwrap();
    assert_eq!(world.record(&ended(1)), before);
}

#[test]
fn without_its_tpm_sessions_wait() {
    let world = World::new();
    let nobody: Tpm = "swtpm:host=127.0.0.1,port=1".parse().unwrap();
    let mut signing = world.start(nobody);
    run_session(&signing, &ended(1));
    let error = signing.round(&mut None).unwrap_err();
    signing.failed(&error);
    assert!(signing.shown.borrow().problem.as_ref().unwrap().contains("TPM"));
    assert_eq!(world.receipt(&ended(1)), Signed::NotYet);
    assert_eq!(world.reader.unsigned(10).unwrap(), [ended(1).id]);
}

#[test]
fn what_two_meters_measured_is_never_signed() {
    let world = World::new();
    let mut signing = world.start(Tpm::None);
    let exchanged = Session { meter_last: register(142, "meter2"), ..ended(1) };
    run_session(&signing, &exchanged);
    signing.round(&mut None).unwrap();
    assert!(matches!(world.receipt(&exchanged), Signed::Never(why) if why.contains("meter2")));
    let mut flagged = ended(2);
    (flagged.stopped, flagged.reason) = (None, None);
    flagged.read(register(3, "meter1"), stamp(10), Vec::new());
    (flagged.stopped, flagged.reason) = (Some(stamp(11)), Some(StopReason::Fault));
    run_session(&signing, &flagged);
    signing.round(&mut None).unwrap();
    assert!(matches!(world.receipt(&flagged), Signed::Never(why) if why.contains("did not count on")));
    assert_eq!(world.reader.unsigned(10).unwrap(), []);
}

#[test]
fn a_meters_record_is_kept_byte_for_byte_and_stands_before_ours() {
    let world = World::new();
    let corpus: serde_json::Value =
        serde_json::from_str(include_str!("../../../../domain/receipt/tests/corpus.json")).unwrap();
    let mut signing = world.start(Tpm::None);
    for (n, record) in (1..).zip(corpus["records"].as_array().unwrap()) {
        let text = record["record"].as_str().unwrap().to_owned();
        let key = record["key"].as_str().map(str::to_owned);
        let receipt = Receipt { session: ended(n).id, signer: Signer::Meter, record: text, public_key: key };
        run_session(&signing, &ended(n));
        // Every other meter is so slow that the controller has signed before.
        if n % 2 == 0 {
            signing.round(&mut None).unwrap();
        }
        let connector = ConnectorId::new(1).unwrap();
        signing.store.record(Record::Signed { connector, at: stamp(10), receipt: Box::new(receipt.clone()) });
        settled(&signing);
        signing.round(&mut None).unwrap();
        assert_eq!(world.record(&ended(n)), receipt);
    }
    assert_eq!(world.reader.keys().unwrap()[0].records, 8);
}

#[test]
fn where_signing_is_off_it_is_said() {
    let world = World::new();
    world.config.send_modify(|config| Arc::make_mut(config).ocmf.signing = OcmfSigning::Off);
    let mut signing = world.start(Tpm::None);
    run_session(&signing, &ended(1));
    signing.round(&mut None).unwrap();
    assert!(matches!(world.receipt(&ended(1)), Signed::Never(why) if why.contains("configuration")));
    assert!(!world.dir.path().join("keys").exists());
}
