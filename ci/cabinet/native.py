"""The cabinet as processes on this machine. Needs root: network namespaces, raw Ethernet."""

import os
import signal

from . import config
from .base import Cabinet, CabinetError, Sim, binaries, free_port, repository
from .csms import Csms
from .http import UnixClient
from .net import CarLink
from .process import Service


class NativeCabinet(Cabinet):
    """Five daemons, jp-sim and a CSMS in one run directory.

    layout       `bench` (two connectors) or `four` (four, with ties, on two chains)
    connectors   which of the layout's connectors exist; all unless told
    overrides    a merge patch over the configuration, or a function of its tree
    daemons      which to start; "plc" stands for one per chain
    watchdogs    seconds by daemon name: as WatchdogSec of a unit; none unless asked for
    start_daemons  False to start them one by one, by start_daemon()
    """

    DAEMONS = ("controller", "plc", "ocpp", "hmi", "system")

    def __init__(self, connectors=None, overrides=None, daemons=DAEMONS, watchdogs=None, start_daemons=True,
                 sim_args=(), ready_seconds=20, hmi_port=None, **rest):
        super().__init__(connectors, overrides, **rest)
        self.wanted, self.watchdogs, self.start_daemons = tuple(daemons), watchdogs or {}, start_daemons
        self.sim_args, self.ready_seconds = list(sim_args), ready_seconds
        self.hmi_port = hmi_port or free_port()
        self.daemons, self.links = {}, []

    # Up and down.

    def start(self):
        if os.geteuid() != 0:
            raise CabinetError("a native cabinet needs root (network namespaces, raw Ethernet)")
        for name in ("state", "notify"):
            (self.run_dir / name).mkdir(exist_ok=True)
        if self.with_csms:
            self.csms = Csms(self.run_dir, self.log_dir).start()
        self.links = [CarLink(self.token, connector) for connector in self.connectors]
        for link in self.links:
            link.up()
        self.in_force = self.native_config()
        self.write_config(self.in_force)
        self.sim = Sim(self.sim_argv(), self.log_dir / "jp-sim.log", self.run_dir / "sim.sock").start()
        self.say("the outside world is up")
        self.hmi_url = f"https://localhost:{self.hmi_port}"
        self.controller = self.client("controller")
        self.ocpp, self.system = self.client("ocpp"), self.client("system")
        if self.start_daemons:
            for name in self.names():
                self.start_daemon(name)
            self.wait_ready()

    def stop(self):
        """Ends all that this cabinet has started."""
        for daemon in reversed(list(self.daemons.values())):
            daemon.stop()
        if self.sim:
            self.sim.stop()
        if self.csms:
            self.csms.stop()
        for link in self.links:
            link.down()

    # Configuration.

    def native_config(self):
        """The bench configuration on this cabinet's wires."""
        tree = self.tree()
        run = self.run_dir
        for bus in tree["can"]:
            bus.update(transport="virtual", interface=str(run / "can.sock"))
        ends = {link.connector: link.unit_end for link in self.links}
        for connector in tree["connectors"]:
            connector["interface"] = ends[connector["id"]]
        for device in tree["meters"] + tree["isolation"]:
            device["port"] = str(run / "rs485")
        tree["mcu"]["port"], tree["rfid"]["port"] = str(run / "mcu"), str(run / "rfid")
        if self.csms:
            tree["ocpp"]["url"] = self.csms.url
        else:
            del tree["ocpp"]
        return config.apply(tree, self.overrides)

    @property
    def config_path(self):
        """The controller's configuration file."""
        return self.run_dir / "joulepoint.toml"

    def write_config(self, tree):
        """Writes a configuration, as a hand would; a controller that runs notices it."""
        self.config_path.write_text(config.dumps(tree) if isinstance(tree, dict) else tree)

    # Processes.

    def sim_argv(self):
        """How jp-sim is started on this cabinet's wires."""
        run = self.run_dir
        argv = [binaries() / "jp-sim", "--control", run / "sim.sock", "--can", f"hub:{run / 'can.sock'}"]
        if world := config.WORLDS.get(self.layout):
            argv += ["--cabinet", world]
        for wire in ("mcu", "rs485", "rfid"):
            argv += [f"--{wire}", f"pty:{run / wire}"]
        for link in self.links:
            argv += ["--car", f"{link.connector}={link.car_end}@{link.netns}"]
        return [*argv, *self.sim_args]

    def names(self):
        """The daemons' names, one plc per chain."""
        chains = [chain["id"] for chain in self.in_force["chains"]]
        found = []
        for name in self.wanted:
            found += [f"plc-{chain}" for chain in chains] if name == "plc" else [name]
        return found

    def state_dir(self, name):
        """Where a daemon keeps what outlives it."""
        return self.run_dir / "state" / name

    def _argv(self, name):
        binary, run = binaries() / name.split("-")[0], self.run_dir
        if name.startswith("plc-"):
            return [binary, "--chain", name.removeprefix("plc-"), "--run-dir", run]
        argv = [binary, "--run-dir", run, "--state-dir", self.state_dir(name)]
        if name == "controller":
            argv += ["--config", self.config_path]
        if name == "hmi":
            assets = os.environ.get("JOULEPOINT_ASSETS", repository() / "recipes-hmi/hmi/dist")
            argv += ["--listen", f"127.0.0.1:{self.hmi_port}", "--assets", assets]
        return argv

    def start_daemon(self, name):
        """Starts a daemon, or starts it again after kill_daemon(…, stay_dead=True)."""
        if name not in self.daemons:
            self.state_dir(name).mkdir(exist_ok=True)
            env = {
                "JOULEPOINT_RUN_DIR": str(self.run_dir),
                "JOULEPOINT_STATE_DIR": str(self.state_dir(name)),
                "RUST_LOG": os.environ.get("RUST_LOG", "info"),
                "RUST_BACKTRACE": "1",
            }
            self.daemons[name] = Service(
                name, self._argv(name), self.log_dir / f"{name}.log", env,
                self.run_dir / "notify" / name, self.watchdogs.get(name),
            )
        return self.daemons[name].start()

    def wait_ready(self, seconds=None):
        """Returns when every daemon has said READY=1."""
        for daemon in self.daemons.values():
            daemon.wait_ready(seconds or self.ready_seconds)

    def chain_of(self, connector):
        """The name of a connector's chain."""
        return next(c["chain"] for c in self.in_force["connectors"] if c["id"] == connector)

    def kill_daemon(self, name, sig=signal.SIGKILL, stay_dead=False):
        """Sends a signal; unless it is to stay dead, it is started again as its unit would be."""
        self.daemons[name].kill(sig, stay_dead)

    def client(self, name):
        """A client of any daemon's socket, e.g. `plc-main`."""
        return UnixClient(self.run_dir / f"{name}.sock")

    def pss_kib(self, name):
        """Proportional set size of a daemon."""
        with open(f"/proc/{self.daemons[name].pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
