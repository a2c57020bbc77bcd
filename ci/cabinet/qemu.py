"""The cabinet as the bench image in QEMU; the outside world stays outside."""

from . import config
from .base import Cabinet, Sim, binaries, free_port
from .csms import Csms
from .machine import WIRES, Machine


class QemuCabinet(Cabinet):
    """The bench image with jp-sim and a CSMS around it.

    secure     through UEFI Secure Boot, signed UKI and sealed data
    hmi_port   where the operator's page is forwarded to
    stick      an image file: a USB stick to plug in
    """

    def __init__(self, connectors=(1, 2), overrides=None, secure=False, hmi_port=None, ready_seconds=300, stick=None, **rest):
        super().__init__(connectors, overrides, **rest)
        self.secure, self.hmi_port, self.ready_seconds, self.stick = secure, hmi_port or free_port(), ready_seconds, stick
        self.machine, self.ready_after = None, None

    def start(self):
        tree = self.tree()
        if self.with_csms:
            self.csms = Csms(self.run_dir, self.log_dir).start()
            # QEMU's user network: the host as the guest sees it.
            tree["ocpp"]["url"] = f"ws://10.0.2.2:{self.csms.port}"
        else:
            del tree["ocpp"]
        # An emulated processor stands still for longer than a real one, when its host is busy.
        tree["mcu"]["silence_ms"] = 1_500
        text = config.dumps(config.apply(tree, self.overrides))
        self.machine = Machine(self.run_dir, self.token, self.connectors, self.secure, self.hmi_port, text, stick=self.stick)
        self.machine.start()
        self.hmi_url = f"https://localhost:{self.hmi_port}"
        self.say("powered on" + (", Secure Boot" if self.secure else ""))
        argv = [binaries() / "jp-sim", "--control", self.run_dir / "sim.sock", "--can", f"slcan:{self.run_dir / 'can.sock'}"]
        for wire in WIRES[1:]:
            argv += [f"--{wire}", f"unix:{self.run_dir / f'{wire}.sock'}"]
        for link in self.machine.links:
            argv += ["--car", f"{link.connector}={link.car_end}@{link.netns}"]
        self.sim = Sim(argv, self.log_dir / "jp-sim.log", self.run_dir / "sim.sock").start()
        self.say("the outside world is up")
        self.ready_after = self.machine.wait_ready(seconds=self.ready_seconds)
        self.say(f"controller READY {self.ready_after:.0f} s after power-on")
        self.controller, self.ocpp, self.system = map(self.machine.client, ("controller", "ocpp", "system"))
        units = "ocpp hmi system " + " ".join(f"plc@{chain['id']}" for chain in tree["chains"])
        self.machine.shell.check(f"for i in $(seq 120); do systemctl is-active -q {units} && break; sleep 1; done", 120)
        (self.run_dir / "initial-password").write_text(self.machine.shell.run("cat /var/lib/joulepoint/hmi/initial-password")[1])

    def stop(self):
        """Ends all that this cabinet has started; the guest's journal goes to the logs first."""
        machine = self.machine
        if machine and machine.qemu and machine.qemu.running() and self.ready_after is not None:
            machine.keep_journal()
        if self.sim:
            self.sim.stop()
        if machine:
            machine.stop()
        if self.csms:
            self.csms.stop()
