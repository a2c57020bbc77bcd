//! An update on a bench: requests, `system` and time by hand.

use api::{
    system::Side,
    update::{Pending, Progress, Running},
};
use proptest::prelude::*;
use units::{ClockQuality, Wall};

use super::{trust::Roots, *};
use crate::wire::firmware::{Ask, Verdict};

macro_rules! given {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/signing/", $name))
    };
}

/// In November 2026.
const T0: i64 = 1_795_399_200_000;

fn ask(request_id: i32) -> Ask {
    Ask {
        request_id,
        location: "http://csms/new.raucb".to_owned(),
        retrieve_at_ms: T0,
        install_at_ms: None,
        retries: Some(2),
        retry_interval_s: None,
        certificate: given!("rsa.pem").to_owned(),
        signature: given!("rsa-pss.sig").to_owned(),
    }
}

fn idle() -> UpdateState {
    UpdateState {
        rev: 1,
        running: Running { side: Some(Side::A), version: "0.1.0".to_owned() },
        sides: vec![],
        progress: Progress { phase: Phase::Idle, percent: None, message: String::new() },
        pending: None,
        download: None,
        outcomes: vec![],
        pin: None,
        floor: None,
        confirmed: true,
        unavailable: None,
    }
}

struct Bench {
    machine: Firmware,
    now: Now,
    system: UpdateState,
    /// What the CSMS was told, in short.
    told: Vec<String>,
    ordered: Option<Order>,
    kept: Option<Record>,
    troubles: usize,
}

impl Bench {
    fn new() -> Self {
        let now = Now { mono: Mono::from_millis(1_000), wall_ms: T0 };
        let mut bench = Self {
            machine: Firmware::new(None),
            now,
            system: idle(),
            told: Vec::new(),
            ordered: None,
            kept: None,
            troubles: 0,
        };
        bench.hear(|_| ());
        bench
    }

    fn take(&mut self, outputs: Outputs) {
        for notice in outputs.tell {
            self.told.push(match notice {
                Notice::Firmware { status, request_id } => format!("{status:?} {}", request_id.unwrap()),
                Notice::Security { event, .. } => format!("{event:?}"),
            });
        }
        self.kept = outputs.keep.or(self.kept.take());
        self.ordered = outputs.order.or(self.ordered.take());
        self.troubles += outputs.troubles.len();
    }

    fn give(&mut self, input: Input) {
        let outputs = self.machine.handle(self.now, input);
        self.take(outputs);
    }

    fn ask(&mut self, ask: Ask) -> Verdict {
        let reference = format!("r{}", ask.request_id);
        let roots = Roots::from_pem(given!("root.pem").as_bytes());
        let (verdict, outputs) = self.machine.asked(self.now, ask, reference, &roots);
        self.take(outputs);
        verdict
    }

    /// What was ordered, answered.
    fn answer(&mut self, answer: Result<(), Refusal>) -> Order {
        let order = self.ordered.take().expect("something was ordered");
        self.give(Input::Answered(answer));
        order
    }

    /// `system` tells of a change.
    fn hear(&mut self, change: impl FnOnce(&mut UpdateState)) {
        change(&mut self.system);
        self.give(Input::System(Box::new(self.system.clone())));
    }

    fn pass(&mut self, time: Duration) {
        self.now.mono = self.now.mono + time;
        self.now.wall_ms += i64::try_from(time.as_millis()).unwrap();
        self.give(Input::Wake);
    }

    fn download(&mut self, of: i32, attempt: u32, status: DownloadStatus) {
        let download = Download {
            id: "d1".to_owned(),
            url: "http://csms/new.raucb".to_owned(),
            status,
            attempt,
            received: 0,
            total: None,
            error: None,
            asked_by: ASKER.to_owned(),
            reference: Some(format!("r{of}")),
        };
        self.hear(|system| system.download = Some(download));
    }

    fn done(&mut self, of: i32) {
        let sha256 = given!("bundle.sha256").trim().to_owned();
        self.download(of, 1, DownloadStatus::Done { path: "/x".to_owned(), sha256, size: 15 });
    }

    fn phase(&mut self, of: i32, phase: Phase) {
        let pending = Pending {
            id: "u1".to_owned(),
            version: None,
            side: None,
            restart: RestartWhen::WhenIdle,
            asked_by: ASKER.to_owned(),
            reference: Some(format!("r{of}")),
        };
        self.hear(|system| {
            system.pending = Some(pending);
            system.progress.phase = phase;
        });
    }

    fn outcome(&mut self, of: i32, result: OutcomeResult, code: Code) {
        let outcome = Outcome {
            id: "u1".to_owned(),
            version: Some("0.2.0".to_owned()),
            result,
            code,
            reason: "so".to_owned(),
            at: Wall { ms: T0, quality: ClockQuality::Unset },
            asked_by: ASKER.to_owned(),
            reference: Some(format!("r{of}")),
        };
        self.hear(|system| {
            system.pending = None;
            system.progress.phase = Phase::Idle;
            system.outcomes.insert(0, outcome);
        });
    }

    /// Up to where `system` was told to install.
    fn installing() -> Self {
        let mut bench = Self::new();
        assert_eq!(bench.ask(ask(7)), Verdict::Accepted);
        bench.answer(Ok(()));
        bench.done(7);
        bench.answer(Ok(()));
        bench.told.clear();
        bench
    }

    /// As after a restart of this daemon, or of the machine.
    fn restarted(&mut self) {
        let record: Option<Record> =
            self.kept.as_ref().map(|kept| serde_json::from_str(&serde_json::to_string(kept).unwrap()).unwrap());
        self.machine = Firmware::new(record);
        self.ordered = None;
    }
}

#[test]
fn a_good_update_tells_each_status_once_and_in_order() {
    let mut bench = Bench::new();
    assert_eq!(bench.ask(ask(7)), Verdict::Accepted);
    let Order::Fetch(fetch) = bench.answer(Ok(())) else { panic!("not fetched") };
    assert_eq!((fetch.url.as_str(), fetch.retries, fetch.retry_interval_s), ("http://csms/new.raucb", 2, 60));
    bench.download(7, 1, DownloadStatus::Running);
    bench.done(7);
    let Order::Install(install) = bench.answer(Ok(())) else { panic!("not installed") };
    assert_eq!(install.source, Source::Downloaded("d1".to_owned()));
    assert_eq!(install.sha256.as_deref(), Some(given!("bundle.sha256").trim()));
    assert_eq!(install.restart, RestartWhen::WhenIdle, "no charge is ended for an update");
    for phase in [Phase::Checking, Phase::Installing, Phase::WaitingRestart, Phase::Restarting, Phase::Restarting] {
        bench.phase(7, phase);
    }
    bench.restarted();
    bench.phase(7, Phase::Verifying);
    bench.pass(Duration::from_mins(3));
    assert_eq!(bench.told.last().unwrap(), "InstallRebooting 7", "nothing before it is confirmed");
    bench.outcome(7, OutcomeResult::Confirmed, Code::Healthy);
    bench.hear(|_| ());
    bench.restarted();
    bench.hear(|_| ());
    assert_eq!(
        bench.told,
        [
            "Downloading 7",
            "Downloaded 7",
            "SignatureVerified 7",
            "Installing 7",
            "InstallRebooting 7",
            "Installed 7",
            "FirmwareUpdated"
        ]
    );
    assert_eq!(bench.ordered, None);
}

#[test]
fn an_update_that_fails_says_how() {
    let told = |result, code| {
        let mut bench = Bench::installing();
        bench.phase(7, Phase::Checking);
        bench.outcome(7, result, code);
        assert!(bench.told.len() == 1 && bench.troubles == 1, "{:?}", bench.told);
        bench.told.remove(0)
    };
    assert_eq!(told(OutcomeResult::RolledBack, Code::Unhealthy), "InstallationFailed 7");
    assert_eq!(told(OutcomeResult::Failed, Code::Install), "InstallationFailed 7");
    assert_eq!(told(OutcomeResult::Refused, Code::Signature), "InstallVerificationFailed 7");
    assert_eq!(told(OutcomeResult::Refused, Code::BelowFloor), "InstallVerificationFailed 7");
    assert_eq!(told(OutcomeResult::Refused, Code::NoSpace), "InstallationFailed 7");
    assert_eq!(told(OutcomeResult::Cancelled, Code::Cancelled), "InstallationFailed 7");
}

#[test]
fn a_file_that_is_not_signed_is_never_installed() {
    let mut bench = Bench::new();
    bench.ask(Ask { signature: given!("rsa-pkcs1.sig").to_owned(), ..ask(7) });
    bench.answer(Ok(()));
    bench.done(7);
    assert_eq!(bench.told, ["Downloading 7", "Downloaded 7", "InvalidSignature 7", "InvalidFirmwareSignature"]);
    assert_eq!(bench.answer(Ok(())), Order::Cancel, "and is not kept");
    bench.pass(PATIENCE);
    assert_eq!((bench.ordered, bench.told.len()), (None, 4));
}

#[test]
fn who_is_not_the_manufacturers_is_refused_before_anything_is_fetched() {
    let mut bench = Bench::new();
    assert_eq!(
        bench.ask(Ask { certificate: given!("stranger.pem").to_owned(), ..ask(7) }),
        Verdict::InvalidCertificate
    );
    assert_eq!((bench.told.as_slice(), &bench.ordered), (&["InvalidFirmwareSigningCertificate".to_owned()][..], &None));
    let roots = Roots::from_pem(format!("{}{}", given!("root.pem"), given!("revoked.crl")).as_bytes());
    let revoked = Ask { certificate: given!("revoked.pem").to_owned(), ..ask(7) };
    let (verdict, outputs) = bench.machine.asked(bench.now, revoked, "r7".to_owned(), &roots);
    assert_eq!((verdict, outputs.keep), (Verdict::RevokedCertificate, None));
    let nobody = Roots::none("no such file".to_owned());
    let (verdict, _) = bench.machine.asked(bench.now, ask(7), "r7".to_owned(), &nobody);
    assert_eq!(verdict, Verdict::InvalidCertificate);
}

#[test]
fn what_cannot_be_fetched_here_is_rejected() {
    let mut bench = Bench::new();
    for location in ["ftp://csms/x", "file:///etc/shadow", "/etc/shadow", ""] {
        assert_eq!(bench.ask(Ask { location: location.to_owned(), ..ask(7) }), Verdict::Rejected);
    }
    bench.hear(|system| system.unavailable = Some("no RAUC".to_owned()));
    assert_eq!(bench.ask(ask(7)), Verdict::Rejected);
    assert_eq!((bench.ordered, bench.told.len()), (None, 0));
}

#[test]
fn each_attempt_is_told_and_the_last_failure_too() {
    let mut bench = Bench::new();
    bench.ask(ask(7));
    bench.answer(Ok(()));
    bench.download(7, 1, DownloadStatus::Running);
    bench.download(7, 2, DownloadStatus::Waiting);
    assert_eq!(bench.told, ["Downloading 7"], "not before it begins");
    bench.download(7, 2, DownloadStatus::Running);
    bench.restarted();
    bench.download(7, 3, DownloadStatus::Waiting);
    bench.download(7, 3, DownloadStatus::Running);
    bench.download(7, 3, DownloadStatus::Failed);
    bench.download(7, 3, DownloadStatus::Failed);
    assert_eq!(bench.told, ["Downloading 7", "Downloading 7", "Downloading 7", "DownloadFailed 7"]);
}

#[test]
fn times_are_kept_over_a_restart() {
    let mut bench = Bench::new();
    let hour = 3_600_000;
    bench.ask(Ask { retrieve_at_ms: T0 + hour, install_at_ms: Some(T0 + 2 * hour), ..ask(7) });
    bench.pass(Duration::from_mins(59));
    assert_eq!((bench.told.as_slice(), &bench.ordered), (&["DownloadScheduled 7".to_owned()][..], &None));
    bench.restarted();
    bench.hear(|_| ());
    bench.pass(Duration::from_mins(1));
    bench.answer(Ok(()));
    bench.done(7);
    bench.pass(Duration::from_mins(59));
    assert_eq!(bench.ordered, None);
    bench.restarted();
    bench.hear(|_| ());
    bench.pass(Duration::from_mins(1));
    assert!(matches!(bench.answer(Ok(())), Order::Install(_)));
    let told: Vec<_> = bench.told.iter().map(|text| text.trim_end_matches(" 7")).collect();
    let expected =
        ["DownloadScheduled", "Downloading", "Downloaded", "SignatureVerified", "InstallScheduled", "Installing"];
    assert_eq!(told, expected);
}

#[test]
fn a_second_request_ends_the_first_unless_it_is_being_written() {
    let mut bench = Bench::new();
    bench.ask(ask(7));
    assert_eq!(bench.ask(ask(7)), Verdict::Accepted, "the same again: our answer was lost");
    assert_eq!(bench.told.len(), 0);
    bench.answer(Ok(()));
    assert_eq!(bench.ask(ask(8)), Verdict::AcceptedCanceled);
    assert_eq!(bench.answer(Ok(())), Order::Cancel);
    bench.hear(|_| ());
    // What comes late of the first changes nothing.
    bench.download(7, 1, DownloadStatus::Cancelled);
    bench.pass(AGAIN);
    let Order::Fetch(fetch) = bench.answer(Ok(())) else { panic!("not fetched") };
    assert_eq!(fetch.reference.as_deref(), Some("r8"));
    bench.done(8);
    bench.answer(Ok(()));
    bench.phase(8, Phase::Installing);
    assert_eq!(bench.ask(ask(9)), Verdict::Rejected);
    assert_eq!(
        bench.told,
        ["Downloading 7", "DownloadFailed 7", "Downloading 8", "Downloaded 8", "SignatureVerified 8", "Installing 8"]
    );
}

#[test]
fn a_request_that_overtakes_its_own_download_order_cleans_up() {
    let mut bench = Bench::new();
    bench.ask(ask(7));
    assert!(matches!(bench.ordered, Some(Order::Fetch(_))));
    assert_eq!(bench.ask(ask(8)), Verdict::AcceptedCanceled);
    bench.answer(Ok(()));
    assert_eq!(bench.answer(Ok(())), Order::Cancel);
    bench.hear(|_| ());
    assert!(matches!(bench.answer(Ok(())), Order::Fetch(fetch) if fetch.reference.as_deref() == Some("r8")));
    assert_eq!(bench.told, ["DownloadFailed 7", "Downloading 8"]);
}

#[test]
fn while_somebody_else_updates_it_waits_and_stops_nothing() {
    let mut bench = Bench::new();
    bench.phase(1, Phase::WaitingRestart);
    bench.ask(ask(7));
    bench.pass(AGAIN);
    bench.pass(AGAIN);
    assert_eq!((bench.told.as_slice(), &bench.ordered), (&["DownloadScheduled 7".to_owned()][..], &None));
    assert_eq!(bench.ask(ask(8)), Verdict::AcceptedCanceled);
    bench.outcome(1, OutcomeResult::Confirmed, Code::Healthy);
    assert!(matches!(bench.answer(Err(Refusal::Busy)), Order::Fetch(_)));
    assert_eq!(bench.ordered, None);
    bench.pass(AGAIN);
    assert!(matches!(bench.answer(Ok(())), Order::Fetch(_)));
    assert_eq!(bench.told, ["DownloadScheduled 7", "DownloadFailed 7", "DownloadScheduled 8", "Downloading 8"]);
}

#[test]
fn an_answer_of_system_that_is_lost_is_made_up_for_by_its_state() {
    let mut bench = Bench::new();
    bench.ask(ask(7));
    bench.answer(Err(Refusal::Away));
    bench.download(7, 1, DownloadStatus::Running);
    bench.done(7);
    bench.pass(AGAIN);
    bench.answer(Err(Refusal::Away));
    bench.phase(7, Phase::Installing);
    bench.pass(AGAIN);
    assert_eq!(bench.ordered, None);
    bench.outcome(7, OutcomeResult::Confirmed, Code::Healthy);
    let told: Vec<_> = bench.told.iter().map(|text| text.trim_end_matches(" 7")).collect();
    let expected = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed", "FirmwareUpdated"];
    assert_eq!(told, expected);
}

#[test]
fn a_daemon_that_dies_after_the_order_takes_up_the_outcome() {
    let mut bench = Bench::new();
    bench.ask(ask(7));
    bench.answer(Ok(()));
    bench.done(7);
    assert!(matches!(bench.ordered, Some(Order::Install(_))));
    bench.restarted();
    bench.outcome(7, OutcomeResult::RolledBack, Code::CutShort);
    let end: Vec<_> = bench.told.iter().rev().take(2).map(String::as_str).collect();
    assert_eq!(end, ["InstallationFailed 7", "Installing 7"]);
    assert_eq!(bench.ordered, None);
}

#[test]
fn an_update_that_system_forgot_ends() {
    let mut bench = Bench::installing();
    bench.hear(|system| system.download = None);
    bench.pass(Duration::from_secs(119));
    assert!(bench.told.is_empty());
    // While it is not heard nothing is known.
    bench.give(Input::SystemLost);
    bench.pass(Duration::from_hours(1));
    bench.hear(|_| ());
    bench.pass(Duration::from_secs(119));
    assert!(bench.told.is_empty());
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.told, ["InstallationFailed 7"]);
}

#[test]
fn what_system_refuses_ends() {
    let mut bench = Bench::new();
    bench.ask(ask(7));
    bench.answer(Err(Refusal::Refused("bad url".to_owned())));
    assert_eq!(bench.told, ["DownloadFailed 7"]);
    bench.ask(ask(8));
    bench.pass(AGAIN);
    bench.answer(Ok(()));
    bench.done(8);
    bench.answer(Err(Refusal::Refused("no such download".to_owned())));
    assert_eq!(bench.told.last().unwrap(), "InstallationFailed 8");
}

#[derive(Clone, Debug)]
enum Step {
    Ask(bool),
    Answer(u8),
    Download(u8),
    Phase(u8),
    Outcome(u8),
    Lost,
    Restart,
    Pass(u16),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        any::<bool>().prop_map(Step::Ask),
        (0..5_u8).prop_map(Step::Answer),
        (0..5_u8).prop_map(Step::Download),
        (0..6_u8).prop_map(Step::Phase),
        (0..5_u8).prop_map(Step::Outcome),
        Just(Step::Lost),
        Just(Step::Restart),
        (0..400_u16).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 0..60)
}

/// Where a status stands in an update; it never goes back.
fn rank(status: &str) -> u8 {
    match status {
        "DownloadScheduled" => 0,
        "Downloading" => 1,
        "Downloaded" => 2,
        "SignatureVerified" => 3,
        "InstallScheduled" => 4,
        "Installing" => 5,
        "InstallRebooting" => 6,
        _ => 7,
    }
}

proptest! {
    #[test]
    fn whatever_happens_statuses_only_go_forward_and_nothing_unsigned_is_installed(steps in steps()) {
        let mut bench = Bench::new();
        let mut asked = 0;
        let mut signed = std::collections::BTreeMap::new();
        for step in steps {
            let of = asked;
            match step {
                // A number of its own for each request, so that one update's statuses can be told from another's.
                Step::Ask(good) => {
                    asked += 1;
                    let signature = if good { given!("rsa-pss.sig") } else { given!("rsa-pkcs1.sig") };
                    let request = Ask { signature: signature.to_owned(), ..ask(asked) };
                    if bench.ask(request) == Verdict::Rejected { asked -= 1 } else { signed.insert(asked, good); }
                }
                Step::Answer(kind) if bench.ordered.is_some() => {
                    let order = bench.answer(match kind {
                        0..=2 => Ok(()),
                        3 => Err(Refusal::Busy),
                        _ => Err(Refusal::Away),
                    });
                    if let Order::Install(install) = order {
                        let number: i32 = install.reference.unwrap()[1..].parse().unwrap();
                        prop_assert!(signed[&number], "an unsigned file was to be installed");
                    }
                }
                Step::Answer(_) => {}
                Step::Download(0) => bench.done(of),
                Step::Download(1) => bench.download(of, 1, DownloadStatus::Running),
                Step::Download(2) => bench.download(of, 2, DownloadStatus::Waiting),
                Step::Download(3) => bench.download(of, 2, DownloadStatus::Failed),
                Step::Download(_) => bench.hear(|system| system.download = None),
                Step::Phase(0) => bench.phase(of, Phase::Checking),
                Step::Phase(1) => bench.phase(of, Phase::Installing),
                Step::Phase(2) => bench.phase(of, Phase::Restarting),
                Step::Phase(3) => bench.phase(of, Phase::Verifying),
                Step::Phase(_) => bench.hear(|system| system.pending = None),
                Step::Outcome(0) => bench.outcome(of, OutcomeResult::Confirmed, Code::Healthy),
                Step::Outcome(1) => bench.outcome(of, OutcomeResult::RolledBack, Code::Unhealthy),
                Step::Outcome(2) => bench.outcome(of, OutcomeResult::Refused, Code::Pinned),
                Step::Outcome(_) => bench.hear(|system| system.outcomes.clear()),
                Step::Lost => bench.give(Input::SystemLost),
                Step::Restart => bench.restarted(),
                Step::Pass(seconds) => bench.pass(Duration::from_secs(seconds.into())),
            }
        }
        let mut last = std::collections::BTreeMap::new();
        for told in &bench.told {
            let Some((status, id)) = told.split_once(' ') else { continue };
            let before = last.insert(id.to_owned(), rank(status)).unwrap_or(0);
            prop_assert!(before < 7 && before <= rank(status), "{:?}", bench.told);
            prop_assert!(before < rank(status) || before == 0 || status == "Downloading", "{:?}", bench.told);
        }
    }
}
