//! A car at the other end of the cable, with both modems: SLAC, discovery, a session.

use std::{
    fs::File,
    net::{Ipv6Addr, SocketAddrV6},
    sync::mpsc,
    thread::JoinHandle,
    time::Duration,
};

use nix::{
    net::if_::if_nametoindex,
    sched::{CloneFlags, setns},
};
use shell::clock::mono;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    time::{sleep, timeout},
};
use units::{Milliamps, Millivolts, Mono, Percent};
use v2g::{
    EvError, SDP_PORT, Stage,
    evcc::{self, Evcc, Intent, Wish},
    sdp,
    slac::{Attenuation, Frame, Mac, Mme, Network, Nid, RunId, Station, ev},
};

use super::{cable::Cable, raw::RawSocket};

const CAR: Mac = Mac([2, 0, 0, 0, 0, 0xCA]);
const MODEM: Mac = Mac([2, 0, 0, 0, 0, 0x0D]);

/// What the test tells the car.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// End the session as the protocol has it.
    Stop,
    /// Close the connection and be gone.
    Vanish,
    /// Send bytes that are no message.
    Garbage,
}

/// A car under way; joined, it tells all that it saw.
pub(crate) struct Car {
    orders: tokio::sync::mpsc::UnboundedSender<Order>,
    stages: mpsc::Receiver<Stage>,
    thread: JoinHandle<Vec<evcc::Event>>,
}

pub(crate) fn wish(intent: Intent) -> Wish {
    Wish {
        intent,
        soc: Percent::new(42).unwrap(),
        battery_voltage: Millivolts(380_000),
        target_voltage: Millivolts(400_000),
        target_current: Milliamps(50_000),
        error: EvError::None,
    }
}

impl Car {
    /// Plugs it in.
    pub(crate) fn plug(cable: &Cable) -> Self {
        let (orders, to_do) = tokio::sync::mpsc::unbounded_channel();
        let (reached, stages) = mpsc::channel();
        let thread = in_namespace(cable, async move |index| {
            let mut line = Line::new(index);
            line.join().await;
            // The modems go on answering while the session runs.
            tokio::select! {
                () = line.serve() => unreachable!(),
                events = session(index, to_do, reached) => events,
            }
        });
        Self { orders, stages, thread }
    }

    pub(crate) fn order(&self, order: Order) {
        self.orders.send(order).unwrap();
    }

    /// Waits until the car has reached a stage.
    pub(crate) async fn until(&self, stage: Stage) {
        for _ in 0..3_000 {
            if self.stages.try_iter().any(|reached| reached >= stage) {
                return;
            }
            assert!(!self.thread.is_finished(), "the car is gone before {stage:?}");
            sleep(Duration::from_millis(10)).await;
        }
        panic!("{stage:?} not reached");
    }

    /// Waits until it is gone.
    pub(crate) async fn gone(self) -> Vec<evcc::Event> {
        while !self.thread.is_finished() {
            sleep(Duration::from_millis(10)).await;
        }
        self.thread.join().unwrap()
    }
}

/// The two modems without a car's program behind them; they stop when dropped.
pub(crate) struct Modems {
    _over: tokio::sync::oneshot::Sender<()>,
}

impl Modems {
    pub(crate) fn plug(cable: &Cable) -> Self {
        let (over, dropped) = tokio::sync::oneshot::channel();
        in_namespace(cable, async move |index| {
            let mut line = Line::new(index);
            tokio::select! {
                () = async { line.join().await; line.serve().await } => {}
                _ = dropped => {}
            }
        });
        Self { _over: over }
    }
}

/// Runs `what` on a thread in the car's namespace; it is given its interface's index.
fn in_namespace<T: Send + 'static>(cable: &Cable, what: impl AsyncFnOnce(u32) -> T + Send + 'static) -> JoinHandle<T> {
    let (netns, interface) = (cable.netns.clone(), cable.cars.clone());
    std::thread::spawn(move || {
        setns(File::open(format!("/run/netns/{netns}")).unwrap(), CloneFlags::CLONE_NEWNET).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { what(if_nametoindex(interface.as_str()).unwrap()).await })
    })
}

/// The car's and the charger's modem.
struct Line {
    raw: RawSocket,
    charger: Option<Nid>,
    joined: bool,
}

impl Line {
    fn new(index: u32) -> Self {
        let raw = RawSocket::open(i32::try_from(index).unwrap()).unwrap();
        Self { raw, charger: None, joined: false }
    }

    async fn join(&mut self) {
        let random = [7; 16];
        loop {
            let run_id = RunId(mono().0.to_be_bytes());
            let mut run = ev::Ev::new(ev::Config { mac: CAR, run_id, random, sounds: None });
            run.start(mono());
            let nid = loop {
                for frame in run.take_frames() {
                    self.raw.send(&frame).unwrap();
                    if let Mme::MnbcSoundInd { .. } = Frame::decode(&frame).unwrap().mme {
                        let mme = Mme::AttenProfileInd { ev_mac: CAR, attenuation: Attenuation::flat(26) };
                        let heard = Frame { destination: Mac::BROADCAST, source: MODEM, mme };
                        self.raw.send(&heard.encode()).unwrap();
                    }
                }
                match run.poll_event() {
                    Some(ev::Event::Matched { nid, .. }) => break Some(nid),
                    Some(ev::Event::Failed(_)) => break None,
                    None => {}
                }
                let wait = run.next_wake().map_or(Duration::from_secs(1), |at: Mono| at.since(mono()));
                if let Ok(bytes) = timeout(wait, self.hear()).await {
                    run.handle_frame(mono(), &bytes);
                }
                run.handle_timeout(mono());
            };
            if nid.is_some() {
                // A modem that was given its key before this car came has it still.
                assert_eq!(nid, self.charger.or(nid));
                self.charger = nid;
                self.joined = true;
                return;
            }
        }
    }

    async fn serve(&mut self) {
        loop {
            self.hear().await;
        }
    }

    /// The next frame, after the charger's modem has answered it if it was for it.
    async fn hear(&mut self) -> Vec<u8> {
        let mut buffer = [0; 1_514];
        let len = self.raw.recv(&mut buffer).await.unwrap();
        let bytes = buffer[..len].to_vec();
        let Ok(frame) = Frame::decode(&bytes) else { return bytes };
        let answer = match frame.mme {
            _ if frame.destination != Mac::LOCAL_MODEM => None,
            Mme::SetKeyReq { nid, .. } => {
                self.charger = Some(nid);
                Some(Mme::SetKeyCnf { result: 1 })
            }
            Mme::NwInfoReq => {
                let network = |nid| Network { nid, snid: 1, tei: 1, role: 2, coordinator: MODEM };
                Some(Mme::NwInfoCnf { networks: self.charger.map(network).into_iter().collect() })
            }
            Mme::DiscoverListReq => {
                let stations = vec![Station { mac: CAR, tei: 2, same_network: self.joined }];
                Some(Mme::DiscoverListCnf { stations })
            }
            _ => None,
        };
        if let Some(mme) = answer {
            self.raw.send(&Frame { destination: frame.source, source: MODEM, mme }.encode()).unwrap();
        }
        bytes
    }
}

async fn discover(index: u32) -> SocketAddrV6 {
    let socket = UdpSocket::bind(SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, 0, 0, 0)).await.unwrap();
    let group = SocketAddrV6::new(sdp::GROUP, SDP_PORT, 0, index);
    let mut buffer = [0; 64];
    for _ in 0..50 {
        socket.send_to(&sdp::request(sdp::Security::None), group).await.unwrap();
        if let Ok(Ok(len)) = timeout(Duration::from_millis(250), socket.recv(&mut buffer)).await {
            let answer = sdp::response(&buffer[..len]).unwrap();
            return SocketAddrV6::new(answer.address, answer.port, 0, index);
        }
    }
    panic!("no charger answers");
}

async fn session(
    index: u32,
    mut orders: tokio::sync::mpsc::UnboundedReceiver<Order>,
    reached: mpsc::Sender<Stage>,
) -> Vec<evcc::Event> {
    let charger = discover(index).await;
    assert!(charger.port() >= 49_152);
    let mut stream = TcpStream::connect(charger).await.unwrap();
    let mut evcc = Evcc::new(evcc::Config::default(), wish(Intent::Charge), mono());
    let mut events = vec![];
    let mut buffer = [0; 4_096];
    loop {
        let out = evcc.take_transmit();
        if !out.is_empty() && stream.write_all(&out).await.is_err() {
            return events;
        }
        while let Some(event) = evcc.poll_event() {
            if let evcc::Event::Stage(stage) = event {
                let _ = reached.send(stage);
            }
            let over = matches!(event, evcc::Event::Closed(_));
            events.push(event);
            if over {
                return events;
            }
        }
        let wait = evcc.next_wake().map_or(Duration::from_secs(1), |at| at.since(mono()));
        tokio::select! {
            read = stream.read(&mut buffer) => match read {
                Ok(len) if len > 0 => evcc.handle_input(mono(), &buffer[..len]),
                _ => return events,
            },
            order = orders.recv() => match order {
                Some(Order::Stop) => evcc.set_wish(wish(Intent::Stop)),
                Some(Order::Garbage) => stream.write_all(&[0x55; 40]).await.unwrap(),
                Some(Order::Vanish) | None => return events,
            },
            () = sleep(wait) => evcc.handle_timeout(mono()),
        }
    }
}
