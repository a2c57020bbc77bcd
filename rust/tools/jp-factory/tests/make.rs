//! Units made as a station makes them: a disk in a file, a TPM that a real swtpm simulates.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../../drivers/keys/tests/swtpm/mod.rs"]
mod swtpm;

use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    os::unix::fs::{FileExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use jp_keys::{Locked, lock, show};
use keys::{Unit, rules::Rules};
use swtpm::Tpm;

const MIB: u64 = 1 << 20;

/// A station, an image and what was made with them, in a folder of its own.
struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { dir: tempfile::tempdir().unwrap() };
        let made = bench.run(&["new-station", bench.text("station").as_str()]);
        assert!(made.status.success(), "{}", said(&made));
        bench.image();
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// An image with the one partition table, at a small scale, and something on side a.
    fn image(&self) {
        let file = File::create(self.path("disk.img")).unwrap();
        file.set_len(64 * MIB).unwrap();
        let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../ota/partitions.sfdisk");
        let table = fs::read_to_string(table).unwrap();
        let small = table.replace("=128MiB", "=8MiB").replace("=1GiB", "=16MiB").replace("=64MiB", "=4MiB");
        fs::write(self.path("table"), &small).unwrap();
        let table = File::open(self.path("table")).unwrap();
        let sfdisk = Command::new("sfdisk").arg("--quiet").arg(self.path("disk.img")).stdin(table).status();
        assert!(sfdisk.unwrap().success());
        for (at, byte) in [(MIB, 0xa0_u8), (10 * MIB, 0xa1), (10 * MIB + 4096 * 7, 0xa2)] {
            file.write_all_at(&[byte; 4096], at).unwrap();
        }
    }

    fn disk(&self, name: &str, mib: u64) -> String {
        File::create(self.path(name)).unwrap().set_len(mib * MIB).unwrap();
        self.text(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_jp-factory"))
            .args(arguments)
            .env("TSS2_LOG", "all+NONE")
            .current_dir(self.dir.path())
            .output()
            .unwrap()
    }

    fn make(&self, serial: &str, disk: &str, tpm: &Tpm, more: &[&str]) -> Output {
        let (image, tpm, rules) = (self.text("disk.img"), tpm.text(), rules());
        let mut arguments = vec!["make", "--serial", serial, "--image", &image, "--disk", disk, "--tpm", &tpm];
        arguments.extend(["--rules", &rules, "--station", "station"]);
        arguments.extend(more);
        self.run(&arguments)
    }

    fn verify(&self, serial: &str, tpm: &Tpm, more: &[&str]) -> Output {
        let (tpm, rules) = (tpm.text(), rules());
        let mut arguments =
            vec!["verify", "--serial", serial, "--tpm", &tpm, "--rules", &rules, "--station", "station"];
        arguments.extend(more);
        self.run(&arguments)
    }
}

/// The unit's own look at its TPM.
fn unit(tpm: &Tpm) -> Unit {
    Unit::open(&tpm.address(), Rules::read(Path::new(&rules())).unwrap()).unwrap()
}

fn rules() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tpm/keys.toml").to_owned()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn passed(output: &Output) -> String {
    let said = said(output);
    assert!(output.status.success() && said.lines().last().unwrap().starts_with("PASS "), "{said}");
    said
}

fn failed(output: &Output, why: &str) {
    let said = said(output);
    assert!(
        !output.status.success() && said.lines().last().unwrap().starts_with("FAIL ") && said.contains(why),
        "{why}: {said}"
    );
}

#[test]
fn three_units_in_a_row_are_three() {
    let bench = Bench::new();
    let tpms: Vec<Tpm> = (1..=3).map(|number| Tpm::start(&bench.path(&format!("tpm{number}")))).collect();
    let mut outcome = HashSet::new();
    for (number, tpm) in (1..).zip(&tpms) {
        let (serial, disk) = (format!("JP-000{number}"), bench.disk(&format!("unit{number}.img"), 80));
        let said = passed(&bench.make(&serial, &disk, tpm, &[]));
        assert!(said.lines().last().unwrap().starts_with(&format!("PASS {serial} ")), "{said}");
        assert_eq!(said.lines().filter(|line| line.contains(" ok ")).count(), 9, "{said}");
        passed(&bench.verify(&serial, tpm, &[]));
        assert!(bench.path(&format!("station/labels/{serial}.svg")).exists());
    }
    let list = fs::read_to_string(bench.path("station/units.csv")).unwrap();
    assert_eq!(list.lines().count(), 4, "{list}");
    for line in list.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!((fields.len(), fields[1].len(), fields[4].len(), fields[5].len()), (6, 52, 64, 64), "{line}");
        for field in [fields[0], fields[1], fields[4], fields[5]] {
            assert!(outcome.insert(field.to_owned()), "{field} twice");
        }
    }
    // One unit is not another: neither by name nor by hardware.
    failed(&bench.verify("JP-0001", &tpms[1], &[]), "this is JP-0002; expected JP-0001");
}

#[test]
fn the_disk_is_the_image_stretched_with_nothing_of_an_earlier_life_in_data() {
    let bench = Bench::new();
    let tpm = Tpm::start(&bench.path("tpm"));
    let disk = bench.disk("unit.img", 100);
    let file = OpenOptions::new().read(true).write(true).open(&disk).unwrap();
    // An earlier life: every byte says something.
    let full = vec![0xff; 4 << 20];
    for at in 0..25 {
        file.write_all_at(&full, at * 4 * MIB).unwrap();
    }
    let data = 53 * MIB;
    passed(&bench.make("JP-0001", &disk, &tpm, &[]));
    let read = |at: u64| {
        let mut bytes = [0; 4096];
        file.read_exact_at(&mut bytes, at).unwrap();
        bytes
    };
    assert_eq!([read(MIB)[0], read(10 * MIB)[0], read(10 * MIB + 4096 * 7)[4095]], [0xa0, 0xa1, 0xa2]);
    // What the image does not name is a zero in it, and so it is here.
    for at in [MIB + 4096, 10 * MIB + 4096, 30 * MIB, 48 * MIB, data - 4096] {
        assert_eq!(read(at), [0; 4096], "at {at}");
    }
    let dump = Command::new("sfdisk").args(["--dump", &disk]).output().unwrap();
    let dump = String::from_utf8_lossy(&dump.stdout).into_owned();
    let line = dump.lines().find(|line| line.contains("\"data\"")).unwrap();
    let number =
        |name: &str| -> u64 { line.split(name).nth(1).unwrap().split(',').next().unwrap().trim().parse().unwrap() };
    assert_eq!(number("start=") * 512, data, "the test's own offset");
    assert!((number("start=") + number("size=")) * 512 > 98 * MIB, "{line}");
    // Whoever makes `data` takes it for blank.
    let mut content = vec![0; usize::try_from(number("size=") * 512).unwrap()];
    file.read_exact_at(&mut content, data).unwrap();
    assert_eq!(content.last(), Some(&0xff), "the rest is as it was");
    fs::write(bench.path("data"), content).unwrap();
    let seal = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tpm/seal-data");
    let look = Command::new(seal).arg("--look").arg(bench.path("data")).output().unwrap();
    assert_eq!(said(&look), "blank\n");
    let good = Command::new("sfdisk").args(["--verify", &disk]).output().unwrap();
    assert!(good.status.success() && said(&good).contains("No errors detected"), "{}", said(&good));
}

/// A library that makes a disk of those that say that they have made zeros, and give back what they had.
fn liar(bench: &Bench) -> String {
    let says = "int fallocate() { return 0; } int fallocate64() { return 0; }";
    fs::write(bench.path("liar.c"), says).unwrap();
    let made = Command::new("cc")
        .args(["-w", "-shared", "-fPIC", "-o", "liar.so", "liar.c"])
        .current_dir(bench.dir.path())
        .output()
        .expect("cc is there: it links this test");
    assert!(made.status.success(), "{}", said(&made));
    bench.text("liar.so")
}

#[test]
fn zeros_that_a_disk_only_says_it_has_made_are_found() {
    let bench = Bench::new();
    let liar = liar(&bench);
    let disk = bench.disk("unit.img", 100);
    let file = OpenOptions::new().write(true).open(&disk).unwrap();
    let write = |preload: &str| {
        Command::new(env!("CARGO_BIN_EXE_jp-factory"))
            .args(["write", "--image", "disk.img", "--disk", &disk])
            .env("LD_PRELOAD", preload)
            .current_dir(bench.dir.path())
            .output()
            .unwrap()
    };
    // One byte of an earlier life, far inside what the image does not name.
    for at in [20 * MIB + 12_345, 30 * MIB] {
        file.write_all_at(&[0x5a], at).unwrap();
        let written = write(&liar);
        failed(&written, &format!("byte {at} reads back as 0x5a; expected 0"));
        assert!(said(&written).contains("read back     FAILED"), "{}", said(&written));
        passed(&write(""));
    }
    // And in front of `data`: the image's second table lies there, at the least.
    let written = write(&liar);
    failed(&written, "reads back as ");
    assert!(said(&written).contains("partitions    FAILED"), "{}", said(&written));
    passed(&write(""));
}

#[test]
fn a_unit_that_is_made_is_not_made_twice_unless_asked() {
    let bench = Bench::new();
    let (tpm, other) = (Tpm::start(&bench.path("tpm")), Tpm::start(&bench.path("other")));
    let disk = bench.disk("unit.img", 80);
    let first = passed(&bench.make("JP-0001", &disk, &tpm, &[]));
    fs::write(&disk, "x").unwrap();
    failed(&bench.make("JP-0001", &disk, &tpm, &[]), "this TPM is JP-0001 since");
    failed(&bench.make("JP-0002", &disk, &tpm, &["--again"]), "this TPM is JP-0001 since");
    failed(&bench.make("JP-0001", &disk, &other, &[]), "serial number JP-0001 is there already");
    assert_eq!(fs::read(&disk).unwrap(), b"x", "a refused unit's disk is not touched");
    passed(&bench.verify("JP-0001", &tpm, &[]));
    // On demand: the same hardware, other keys.
    let disk = bench.disk("unit.img", 80);
    let again = passed(&bench.make("JP-0001", &disk, &tpm, &["--again"]));
    assert_eq!(first.lines().last(), again.lines().last());
    let list = fs::read_to_string(bench.path("station/units.csv")).unwrap();
    let lines: Vec<Vec<&str>> = list.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!((lines.len(), lines[0][1]), (2, lines[1][1]));
    assert_ne!(lines[0][4], lines[1][4]);
}

#[test]
fn what_cannot_be_made_is_refused_before_anything_is_changed() {
    let bench = Bench::new();
    let tpm = Tpm::start(&bench.path("tpm"));
    let small = bench.disk("small.img", 10);
    failed(&bench.make("JP-0001", &small, &tpm, &[]), "expected at least the image's 67108864");
    failed(&bench.make("JP-0001", "/dev/null", &tpm, &[]), "neither a disk nor a file");
    failed(&bench.make("JP-0001", &bench.text("nothing"), &tpm, &[]), "No such file");
    let usage = bench.make("jp 1", &small, &tpm, &[]);
    assert!(usage.status.code() == Some(64) && said(&usage).contains("4 to 20 of A-Z"), "{}", said(&usage));
    let untold = bench.make("JP-0001", &small, &tpm, &["--data-command", "true"]);
    assert!(untold.status.code() == Some(64) && said(&untold).contains("--print"), "{}", said(&untold));
    failed(&bench.make("JP-0001", &small, &tpm, &["--image-version", "a,b"]), "without comma");
    // Nothing is in the TPM, on the list, on the disk.
    assert!(show(&mut unit(&tpm)).unwrap().contains("not made at a factory"));
    assert!(!bench.path("station/units.csv").exists());
    // A stranger's CA key.
    bench.run(&["new-station", "stranger"]);
    let key = bench.text("stranger/ca.key");
    let disk = bench.disk("unit.img", 80);
    failed(&bench.make("JP-0001", &disk, &tpm, &["--ca-key", &key]), "another key's");
}

#[test]
fn a_damaged_image_is_refused_and_leaves_no_unit() {
    let bench = Bench::new();
    let tpm = Tpm::start(&bench.path("tpm"));
    let disk = bench.disk("unit.img", 80);
    let map = bench.run(&["map", "disk.img"]);
    fs::write(bench.path("disk.img.bmap"), &map.stdout).unwrap();
    passed(&bench.make("JP-0001", &disk, &tpm, &[]));
    let image = OpenOptions::new().write(true).open(bench.path("disk.img")).unwrap();
    image.write_all_at(b"!", 10 * MIB).unwrap();
    failed(&bench.make("JP-0001", &disk, &tpm, &["--again"]), "as its block map says");
    // Half made is not made: the next attempt needs no --again for the TPM, only for the list.
    failed(&bench.verify("JP-0001", &tpm, &[]), "no record of who this unit is");
    fs::remove_file(bench.path("disk.img.bmap")).unwrap();
    passed(&bench.make("JP-0001", &disk, &tpm, &["--again"]));
}

#[test]
fn bmaptools_maps_are_ours_and_ours_are_bmaptools() {
    let bench = Bench::new();
    let theirs = Command::new("bmaptool")
        .args(["create", "-o"])
        .arg(bench.path("theirs.bmap"))
        .arg(bench.path("disk.img"))
        .output();
    assert!(theirs.expect("bmaptool is there: ci/setup installs it").status.success());
    let ours = bench.run(&["map", "disk.img"]);
    fs::write(bench.path("ours.bmap"), &ours.stdout).unwrap();
    // With their map, from a compressed image.
    let zstd = Command::new("zstd")
        .args(["-q", "-1", "disk.img", "-o", "disk.img.zst"])
        .current_dir(bench.dir.path())
        .status();
    assert!(zstd.unwrap().success());
    let disk = bench.disk("one.img", 80);
    failed(
        &bench.run(&["write", "--image", "disk.img.zst", "--disk", &disk]),
        "no block map beside a compressed image",
    );
    let write = ["write", "--image", "disk.img.zst", "--disk", &disk, "--bmap", "theirs.bmap"];
    passed(&bench.run(&write));
    // With our map, by their tool.
    let other = bench.disk("other.img", 80);
    let copied = Command::new("bmaptool")
        .args(["copy", "--bmap", "ours.bmap", "disk.img", &other])
        .current_dir(bench.dir.path())
        .output()
        .unwrap();
    assert!(copied.status.success(), "{}", said(&copied));
    for at in [MIB, 10 * MIB, 10 * MIB + 4096 * 7] {
        let read = |disk: &str| {
            let mut bytes = vec![0; 8192];
            File::open(disk).unwrap().read_exact_at(&mut bytes, at).unwrap();
            bytes
        };
        assert_eq!(read(&disk), read(&other));
    }
}

#[test]
fn the_ca_may_live_in_a_token() {
    let bench = Bench::new();
    let tpm = Tpm::start(&bench.path("tpm"));
    let module = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"]
        .into_iter()
        .find(|path| Path::new(path).exists())
        .expect("SoftHSM is there: ci/setup installs it");
    fs::create_dir(bench.path("tokens")).unwrap();
    let conf = bench.path("softhsm2.conf");
    fs::write(&conf, format!("directories.tokendir = {}\n", bench.text("tokens"))).unwrap();
    fs::write(bench.path("pin"), "1234\n").unwrap();
    let softhsm = |arguments: &[&str]| {
        let done = Command::new("softhsm2-util").args(arguments).env("SOFTHSM2_CONF", &conf).output().unwrap();
        assert!(done.status.success(), "{}", said(&done));
    };
    softhsm(&["--init-token", "--free", "--label", "Factory", "--so-pin", "5678", "--pin", "1234"]);
    softhsm(&[
        "--import",
        &bench.text("station/ca.key"),
        "--token",
        "Factory",
        "--label",
        "ca",
        "--id",
        "01",
        "--pin",
        "1234",
    ]);
    // From here on the key is in the token alone.
    fs::remove_file(bench.path("station/ca.key")).unwrap();
    let disk = bench.disk("unit.img", 80);
    failed(&bench.make("JP-0001", &disk, &tpm, &[]), "ca.key");
    let make = |object: &str, pin: &str| {
        let uri = format!("pkcs11:token=Factory;object={object}?module-path={module}&pin-source={}", bench.text(pin));
        let (image, tpm, rules) = (bench.text("disk.img"), tpm.text(), rules());
        Command::new(env!("CARGO_BIN_EXE_jp-factory"))
            .args(["make", "--serial", "JP-0001", "--image", &image, "--disk", &disk, "--tpm", &tpm])
            .args(["--rules", &rules, "--station", "station", "--ca-key", &uri])
            .env("SOFTHSM2_CONF", &conf)
            .current_dir(bench.dir.path())
            .output()
            .unwrap()
    };
    fs::write(bench.path("wrong"), "4321").unwrap();
    failed(&make("ca", "wrong"), "refuses the PIN");
    failed(&make("another", "pin"), "0 private keys \"another\"");
    passed(&make("ca", "pin"));
    // What it signed is good to somebody who knows the certificate alone.
    fs::write(bench.path("station/ca.key"), "").unwrap();
    let der = bench.path("identity.der");
    let mut unit = unit(&tpm);
    fs::write(&der, unit.certificate("identity").unwrap().unwrap()).unwrap();
    let openssl =
        |arguments: &[&str]| Command::new("openssl").args(arguments).current_dir(bench.dir.path()).output().unwrap();
    assert!(openssl(&["x509", "-inform", "DER", "-in", "identity.der", "-out", "identity.pem"]).status.success());
    let verified =
        openssl(&["verify", "-x509_strict", "-CAfile", "station/ca.pem", "-purpose", "sslclient", "identity.pem"]);
    assert!(verified.status.success(), "{}", said(&verified));
    let subject = said(&openssl(&["x509", "-in", "identity.pem", "-noout", "-subject", "-enddate"]));
    assert!(
        subject.contains("O = Joulepoint development, OU = identity, CN = JP-0001") && subject.contains("9999"),
        "{subject}"
    );
}

#[test]
fn the_first_start_locks_the_keys_to_the_unit_and_never_to_memory() {
    let bench = Bench::new();
    let tpm = Tpm::start(&bench.path("tpm"));
    let secrets = bench.path("secrets");
    fs::create_dir(&secrets).unwrap();
    for name in ["identity-key", "ocpp-key", "licence-key"] {
        fs::write(secrets.join(name), [name.len().try_into().unwrap(); 32]).unwrap();
    }
    assert_eq!(lock(&mut unit(&tpm), &secrets).unwrap(), Locked::NotMade);
    passed(&bench.make("JP-0001", &bench.disk("unit.img", 80), &tpm, &[]));
    let memory = tempfile::tempdir_in("/dev/shm").unwrap();
    let refused = lock(&mut unit(&tpm), memory.path()).unwrap_err().to_string();
    assert!(refused.contains("a folder in memory; expected a folder on the sealed data partition"), "{refused}");
    assert_eq!(show(&mut unit(&tpm)).unwrap().matches("open: ").count(), 3);
    for _ in 0..2 {
        assert_eq!(lock(&mut unit(&tpm), &secrets).unwrap(), Locked::All);
        let shown = show(&mut unit(&tpm)).unwrap();
        assert!(shown.contains("serial       JP-0001") && shown.matches(" locked").count() == 3, "{shown}");
    }
    assert_eq!(unit(&tpm).check().unwrap(), []);
    assert_eq!(fs::read_dir(&secrets).unwrap().count(), 3, "nothing wrapped is left");
    failed(&bench.verify("JP-0001", &tpm, &[]), "TPM does not");
    passed(&bench.verify("JP-0001", &tpm, &["--secrets", secrets.to_str().unwrap()]));
}

#[test]
fn the_recovery_key_goes_to_the_printer_and_nowhere_else() {
    let bench = Bench::new();
    let tpm = Tpm::start(&bench.path("tpm"));
    let disk = bench.disk("unit.img", 80);
    let key = "cbfnhdjt-ikbvcdvl-lutkhcdv";
    let command = format!("echo making $JP_DATA of $JP_SERIAL >made; echo noise; echo {key}");
    let said = passed(&bench.make("JP-0001", &disk, &tpm, &["--data-command", &command, "--print", "cat >>printed"]));
    assert!(said.contains("recovery key printed") && !said.contains(key), "{said}");
    let made = fs::read_to_string(bench.path("made")).unwrap();
    assert_eq!(made.trim(), format!("making {disk}6 of JP-0001"));
    let printed = fs::read_to_string(bench.path("printed")).unwrap();
    assert_eq!((printed.matches("<svg xmlns").count(), printed.matches("Recovery key").count()), (2, 1));
    fs::remove_file(bench.path("printed")).unwrap();
    let found = Command::new("grep")
        .args(["-rlF", "cbfnhdjt", "station", "tpm"])
        .current_dir(bench.dir.path())
        .output()
        .unwrap();
    assert!(found.stdout.is_empty(), "{}", String::from_utf8_lossy(&found.stdout));
    // A printer that is out of paper: no unit.
    failed(
        &bench.make("JP-0001", &disk, &tpm, &["--again", "--data-command", "echo key", "--print", "exit 3"]),
        "exit 3 failed",
    );
    failed(&bench.verify("JP-0001", &tpm, &[]), "no record");
    failed(
        &bench.make("JP-0001", &disk, &tpm, &["--again", "--data-command", "exit 4", "--print", "cat"]),
        "exit 4 failed",
    );
    // Nobody could ever open it but this TPM: no unit either.
    failed(
        &bench.make("JP-0001", &disk, &tpm, &["--again", "--data-command", "echo", "--print", "cat"]),
        "gave no recovery key",
    );
    failed(&bench.verify("JP-0001", &tpm, &[]), "no record");
}

#[test]
fn the_firmware_is_written_when_the_image_is_found_whole_and_not_before() {
    let bench = Bench::new();
    let tpm = Tpm::start(&bench.path("tpm"));
    let disk = bench.disk("unit.img", 80);
    let command = ["--firmware-command", "echo $JP_SERIAL on $JP_DISK >>firmware"];
    let again = [&command[..], &["--again"]].concat();
    let map = bench.run(&["map", "disk.img"]);
    fs::write(bench.path("disk.img.bmap"), &map.stdout).unwrap();
    let image = OpenOptions::new().write(true).open(bench.path("disk.img")).unwrap();
    image.write_all_at(b"!", 10 * MIB).unwrap();
    failed(&bench.make("JP-0001", &disk, &tpm, &command), "as its block map says");
    failed(&bench.make("JP-0001", "/dev/null", &tpm, &command), "neither a disk nor a file");
    assert!(!bench.path("firmware").exists());
    image.write_all_at(&[0xa1], 10 * MIB).unwrap();
    let said = passed(&bench.make("JP-0001", &disk, &tpm, &command));
    assert!(said.lines().filter(|line| line.contains(" ok ")).count() == 10, "{said}");
    failed(&bench.make("JP-0001", &disk, &tpm, &command), "this TPM is JP-0001 since");
    assert_eq!(fs::read_to_string(bench.path("firmware")).unwrap(), format!("JP-0001 on {disk}\n"));
    // Firmware that does not get onto the board: no unit.
    failed(&bench.make("JP-0001", &disk, &tpm, &["--again", "--firmware-command", "exit 5"]), "exit 5 failed");
    failed(&bench.verify("JP-0001", &tpm, &[]), "no record");
    passed(&bench.make("JP-0001", &disk, &tpm, &again));
}

#[test]
fn the_stations_secrets_are_its_owners() {
    let bench = Bench::new();
    for name in ["ca.key", "licence-master"] {
        let mode = fs::metadata(bench.path("station").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    // Twice is once: a station's CA is never replaced.
    let before = fs::read(bench.path("station/ca.pem")).unwrap();
    assert!(bench.run(&["new-station", "station"]).status.success());
    assert_eq!(fs::read(bench.path("station/ca.pem")).unwrap(), before);
    let folders = fs::read_dir(bench.dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(folders.filter(|name| name.to_string_lossy().starts_with("station")).count(), 1);
}

#[test]
fn a_folder_that_holds_a_ca_already_keeps_it() {
    let bench = Bench::new();
    for left in ["ca.key", "ca.pem", "licence-master", "units.csv"] {
        let folder = bench.path(&format!("with-{left}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(left), "the only copy").unwrap();
        failed(&bench.run(&["new-station", folder.to_str().unwrap()]), "and no whole station");
        assert_eq!(fs::read(folder.join(left)).unwrap(), b"the only copy");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is added");
    }
    // An empty one is as good as none.
    fs::create_dir(bench.path("empty")).unwrap();
    assert!(bench.run(&["new-station", "empty"]).status.success());
    assert!(bench.path("empty/ca.key").exists());
}

#[test]
fn a_station_that_cannot_get_its_name_leaves_no_key_behind() {
    let bench = Bench::new();
    let names = |folder: &Path| -> Vec<_> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    // A folder that something stands on takes no other's place, as little as a file or a mounted stick does.
    let desk = bench.path("desk");
    fs::create_dir(&desk).unwrap();
    let command = Command::new(env!("CARGO_BIN_EXE_jp-factory")).args(["new-station", "."]).current_dir(&desk).output();
    failed(&command.unwrap(), "FAIL .: ");
    assert_eq!(names(&desk), [""; 0]);
    fs::write(bench.path("file"), "x").unwrap();
    let before = names(bench.dir.path()).len();
    failed(&bench.run(&["new-station", "file"]), "FAIL file: Not a directory");
    assert_eq!(names(bench.dir.path()).len(), before);
}
