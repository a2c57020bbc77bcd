//! The start: configuration, store, wires, the verdict on what is found, and then the API.

use std::{
    collections::BTreeSet,
    fs, io,
    path::PathBuf,
    sync::{Arc, mpsc::Receiver},
    time::Duration,
};

use api::session::Stamp;
use cabinet::{Cabinet, Checkpoint, Identity, Input, LinkNews, MeterNews, ModuleNews};
use config::Config;
use mcu_link::{FromMcu, ToMcu};
use serial::Line;
use shell::clock;
use tokio::sync::watch;
use units::{ConnectorId, Mono};

use crate::{
    checkpoint::Keeper,
    configuration::{self, Clerk},
    http::{self, Links},
    inbox::{Inbox, Message},
    signing::{self, Signing, Tpm},
    store::{self, Opened, Reader},
    thread::{McuLine, Show, Thread, new_session_id},
    wires::Wires,
};

/// How long a start may listen before it decides what to make of a running charge. With the rest of the start it stays
/// under a second, and so within the contactor lease.
const LISTEN: Duration = Duration::from_millis(700);

/// The cabinet's controller: runs charges, keeps the store, serves the API.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Args {
    /// The configuration [default: joulepoint.toml in the state directory].
    #[arg(long, env = "JOULEPOINT_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where the sockets are.
    #[arg(long, env = "JOULEPOINT_RUN_DIR", default_value = "/run/joulepoint")]
    pub run_dir: PathBuf,
    /// Where what must survive is kept.
    #[arg(long, env = "JOULEPOINT_STATE_DIR", default_value = "/var/lib/joulepoint/controller")]
    pub state_dir: PathBuf,
    /// The TPM for the key that signs sessions: `auto` (the kernel's, if there is one), `none`, or an address such as
    /// `device:/dev/tpmrm0` or `swtpm:host=127.0.0.1,port=2321`.
    #[arg(long, env = "JOULEPOINT_TPM", default_value = "auto")]
    pub tpm: Tpm,
    /// Print the API's OpenAPI document and end.
    #[arg(long)]
    pub print_openapi: bool,
}

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no usable configuration, not even an older one.
    #[error("there is no usable configuration")]
    Configuration(Vec<String>),
    /// The store cannot be opened, or the configuration's versions cannot be kept.
    #[error("{0}")]
    Store(String),
    /// The system refuses something.
    #[error("{doing}: {source}")]
    System {
        /// What was being done.
        doing: String,
        /// What the system says.
        source: io::Error,
    },
}

impl From<configuration::StartError> for StartError {
    fn from(error: configuration::StartError) -> Self {
        match error {
            configuration::StartError::None(mistakes) => Self::Configuration(mistakes),
            other => Self::Store(other.to_string()),
        }
    }
}

fn system(doing: impl Into<String>) -> impl FnOnce(io::Error) -> StartError {
    let doing = doing.into();
    move |source| StartError::System { doing, source }
}

/// Runs until a signal ends it.
///
/// # Errors
/// When it cannot start.
pub fn run(args: &Args) -> Result<(), StartError> {
    let begun = clock::mono();
    let file = args.config.clone().unwrap_or_else(|| args.state_dir.join("joulepoint.toml"));
    fs::create_dir_all(&args.state_dir).map_err(system(format!("making {}", args.state_dir.display())))?;
    let loaded = configuration::load(&file, &args.state_dir, stamp())?;
    let accepted = loaded.accepted.clone();
    let config = Config::clone(&accepted.config);
    let store_error = |error: store::Error| StartError::Store(error.to_string());
    let store_path = args.state_dir.join("controller.db");
    let mut store = Opened::at(&store_path).map_err(store_error)?;
    let mut keeper = Keeper::new(&args.run_dir).map_err(system("making the checkpoint's directory"))?;
    let checkpoint = keeper.read();

    let boot = clock::boot_id();
    // A charge that may still run stands on what was in force, not on what waits for its end.
    let at_start = Checkpoint::config_at_start(checkpoint.as_ref(), &boot, &config);
    let line = Line::new(McuLine::settings(&at_start.mcu)).map_err(system("preparing the MCU's line"))?;
    let (inbox, messages) = Inbox::new(line.waker());
    let mut mcu = McuLine::new(line);
    let mut wires = Wires::start(&at_start, &inbox);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map(Arc::new)
        .map_err(system("starting the runtime"))?;
    let identity = Identity { boot, version: env!("CARGO_PKG_VERSION").to_owned() };
    let links = Links::default();
    let empty = Cabinet::new(identity.clone(), config.clone(), accepted.version).state(begun);
    let (shown, showing) = watch::channel(Arc::new(empty));
    // The chains' processes dial in while the verdict is being found; everybody else waits for READY.
    let listener = {
        let _in_runtime = runtime.enter();
        shell::serve::listen(&args.run_dir, "controller.sock").map_err(system("binding controller.sock"))?
    };
    let (store_ready, store_waiting) = watch::channel(None);
    let (desk_ready, desk_waiting) = watch::channel(None);
    let (in_force, following) = watch::channel(Arc::new(at_start.clone()));
    let (signing, signing_shown) = watch::channel(signing::State::default());
    let reader = Reader::new(store_path);
    let service = http::Service {
        inbox: inbox.clone(),
        links: links.clone(),
        state: showing,
        store: store_waiting,
        reader: reader.clone(),
        in_force: following.clone(),
        desk: desk_waiting,
        signing: signing_shown,
    };
    let server = runtime.spawn(shell::serve::serve(http::router(service), listener, shell::shutdown()));

    let mut observed = vec![(begun, Input::Wall(clock::wall()))];
    observed.extend(listen(&mut mcu, &messages, &at_start, checkpoint.as_ref(), begun));
    let now = clock::mono();
    let (mut cabinet, verdicts, outputs) =
        Cabinet::recover(identity, config, accepted.version, checkpoint, observed, now);
    cabinet.recall(store.kept().map_err(store_error)?);
    for (connector, verdict) in verdicts {
        match verdict {
            cabinet::Verdict::Idle => {}
            cabinet::Verdict::Adopted => tracing::info!(%connector, "the running charge is adopted"),
            cabinet::Verdict::TakenDown(why) => {
                tracing::warn!(%connector, why, "the charge that was found is taken down");
            }
        }
    }
    for session in store.close_orphans(&cabinet.open_sessions()).map_err(store_error)? {
        tracing::warn!(session = session.as_str(), "a session without a charge is closed as of its last reading");
    }
    store.close_faults(&cabinet.active_faults(), &clock::boot_id()).map_err(store_error)?;
    let store = store.start(inbox.clone()).map_err(store_error)?;
    store_ready.send_replace(Some(store.clone()));
    wires.arm();
    keeper.write(&cabinet.checkpoint(now));
    let signing = Signing {
        place: args.tpm.clone().place(&args.state_dir),
        reader,
        store: store.clone(),
        in_force: following,
        shown: signing,
    };
    let mut thread =
        Thread { cabinet, mcu, messages, inbox: inbox.clone(), wires, links, store, keeper, shown, in_force };
    thread.carry_out(now, outputs, &mut Show::default());
    inbox.input(Input::Wall(clock::wall()));
    inbox.input(Input::SessionIds((0..16).filter_map(|_| new_session_id()).collect()));
    std::thread::Builder::new()
        .name("cabinet".to_owned())
        .spawn(move || thread.run())
        .map_err(system("starting the cabinet's thread"))?;
    signing.start(Arc::clone(&runtime)).map_err(system("starting the signing thread"))?;
    let desk = Clerk::start(loaded, inbox, stamp).map_err(system("starting the clerk's thread"))?;
    configuration::watch(&file, desk.clone()).map_err(system("watching the configuration file"))?;
    desk_ready.send_replace(Some(desk));
    let took = u64::try_from(clock::mono().since(begun).as_millis()).unwrap_or(u64::MAX);
    tracing::info!(ms = took, "ready");
    shell::notify::ready();
    let _ = runtime.block_on(server);
    shell::notify::stopping();
    Ok(())
}

/// Listens to everything without saying more than a greeting to the MCU, until all that a running charge must agree with was
/// heard, or for [`LISTEN`]. Without anybody there is nothing to wait for.
fn listen(
    mcu: &mut McuLine,
    messages: &Receiver<Message>,
    config: &Config,
    checkpoint: Option<&Checkpoint>,
    begun: Mono,
) -> Vec<(Mono, Input)> {
    let mut observed = Vec::new();
    let visited: BTreeSet<ConnectorId> = checkpoint.into_iter().flat_map(Checkpoint::visited).collect();
    let charges: BTreeSet<ConnectorId> = checkpoint.into_iter().flat_map(Checkpoint::charges).collect();
    if visited.is_empty() {
        return observed;
    }
    // What the other connectors use is not waited for: a dead meter of one must not cost another its charge.
    let mut missing: BTreeSet<String> = ["mcu hello", "mcu status"].map(str::to_owned).into();
    for connector in config.connectors.iter().filter(|connector| visited.contains(&connector.id)) {
        missing.insert(format!("chain {}", connector.chain));
    }
    for connector in config.connectors.iter().filter(|connector| charges.contains(&connector.id)) {
        missing.insert(format!("meter {}", connector.meter));
    }
    missing.extend(checkpoint.into_iter().flat_map(Checkpoint::modules).map(|module| format!("module {module}")));
    let mut greeted = Mono::BOOT;
    while !missing.is_empty() && clock::mono().since(begun) < LISTEN {
        let now = clock::mono();
        if missing.contains("mcu hello") && now.since(greeted) > Duration::from_millis(100) {
            greeted = now;
            mcu.say(&ToMcu::Hello);
        }
        for said in mcu.wait(Duration::from_millis(20)) {
            missing.remove(match said {
                FromMcu::Hello(_) => "mcu hello",
                FromMcu::Status(_) => "mcu status",
            });
            observed.push((clock::mono(), Input::Mcu(Box::new(said))));
        }
        while let Ok(message) = messages.try_recv() {
            // A command that comes before the verdict is answered by the dropped sender: not yet.
            let Message::Input(input) = message else { continue };
            match &input {
                Input::Link(chain, LinkNews::Up { .. }) => missing.remove(&format!("chain {chain}")),
                Input::Module(module, ModuleNews::Reading { .. }) => missing.remove(&format!("module {module}")),
                Input::Meter(meter, MeterNews::Reading { .. }) => missing.remove(&format!("meter {meter}")),
                _ => false,
            };
            observed.push((clock::mono(), input));
        }
    }
    if !missing.is_empty() {
        tracing::warn!(?missing, "not heard in time");
    }
    observed
}

/// Now, on both clocks.
fn stamp() -> Stamp {
    Stamp { boot: clock::boot_id(), mono: clock::mono(), wall: clock::wall() }
}
