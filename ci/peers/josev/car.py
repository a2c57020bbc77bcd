"""A car that is not ours: Josev's EVCC drives one ISO 15118-2 DC session over $NETWORK_INTERFACE.

Josev's own simulated car pretends that precharge is done after five questions. This one believes what it is told: it
goes on when the line is at its battery's voltage.

Environment: BATTERY_V (400), CHARGE_A (30), and Josev's own, of which NETWORK_INTERFACE is the one that matters.
Exit: 0 the session ended as the protocol has it; 1 it did not; 75 Josev itself was too slow (its codec is a Java
process), so that another try says more.
"""

import asyncio
import logging
import os
import sys

from iso15118.evcc import Config, EVCCHandler
from iso15118.evcc.controller.simulator import SimEVController
from iso15118.evcc.evcc_config import load_from_file
from iso15118.shared.exceptions import SDPFailedError
from iso15118.shared.exificient_exi_codec import ExificientEXICodec
from iso15118.shared.messages.datatypes import (
    PVEVMaxCurrentLimit,
    PVEVMaxPowerLimit,
    PVEVMaxVoltageLimit,
    PVEVTargetCurrent,
    PVEVTargetVoltage,
    UnitSymbol,
)
from iso15118.shared.messages.iso15118_2.datatypes import DCEVPowerDeliveryParameter
from iso15118.shared.notifications import StopNotification

log = logging.getLogger("josev.car")

DONE, FAILED, TOO_SLOW = 0, 1, 75
BATTERY_V = int(os.environ.get("BATTERY_V", "400"))
CHARGE_A = int(os.environ.get("CHARGE_A", "30"))
# Asked for above the battery's voltage, so that the current and not the voltage is what is regulated.
HEADROOM_V = 20
MATCH_V = 10


class Car(SimEVController):
    """Josev's car with a battery that has a voltage."""

    def __init__(self, config):
        super().__init__(config)
        params = self.dc_ev_charge_params
        volt, ampere, watt = UnitSymbol.VOLTAGE, UnitSymbol.AMPERE, UnitSymbol.WATT
        params.dc_max_voltage_limit = PVEVMaxVoltageLimit(multiplier=0, value=500, unit=volt)
        params.dc_max_current_limit = PVEVMaxCurrentLimit(multiplier=0, value=100, unit=ampere)
        params.dc_max_power_limit = PVEVMaxPowerLimit(multiplier=1, value=5000, unit=watt)
        params.dc_target_voltage = PVEVTargetVoltage(multiplier=0, value=BATTERY_V, unit=volt)
        params.dc_target_current = PVEVTargetCurrent(multiplier=0, value=2, unit=ampere)

    async def is_precharged(self, present_voltage_evse) -> bool:
        """Whether the line is at the battery's voltage; then the charge loop's targets hold."""
        if abs(float(present_voltage_evse.get_decimal_value()) - BATTERY_V) > MATCH_V:
            return False
        params = self.dc_ev_charge_params
        target = BATTERY_V + HEADROOM_V
        params.dc_target_voltage = PVEVTargetVoltage(multiplier=0, value=target, unit=UnitSymbol.VOLTAGE)
        params.dc_target_current = PVEVTargetCurrent(multiplier=0, value=CHARGE_A, unit=UnitSymbol.AMPERE)
        return True

    async def get_dc_ev_power_delivery_parameter(self) -> DCEVPowerDeliveryParameter:
        """Josev's own says that charging is complete when it begins."""
        return DCEVPowerDeliveryParameter(
            dc_ev_status=await self.get_dc_ev_status(),
            bulk_charging_complete=False,
            charging_complete=await self.is_charging_complete(),
        )


class Ended(Exception):
    """The session is over: stops Josev's other tasks."""


class Handler(EVCCHandler):
    """Josev's handler, which keeps how the session ended instead of trying again for ever."""

    end = None

    async def get_from_rcv_queue(self, queue):
        while True:
            notification = await queue.get()
            if isinstance(notification, StopNotification):
                self.end = notification
                raise Ended(notification.reason)
            own = asyncio.Queue()
            own.put_nowait(notification)
            task = asyncio.create_task(super().get_from_rcv_queue(own))
            await own.join()
            task.cancel()


async def main() -> int:
    """One session."""
    config = Config()
    config.load_envs()
    evcc_config = await load_from_file(sys.argv[1])
    car = Car(evcc_config)
    handler = Handler(evcc_config=evcc_config, iface=config.iface, exi_codec=ExificientEXICodec(), ev_controller=car)
    try:
        # Josev logs what ends its tasks and returns.
        await handler.start()
    except (Ended, SDPFailedError) as error:
        log.debug("stopped by %r", error)
    end = handler.end
    if end is None:
        log.warning("no session")
        return FAILED
    charged = car.charging_loop_cycles < evcc_config.charge_loop_cycle
    log.warning("session over: successful=%s charged=%s: %s", end.successful, charged, end.reason)
    if end.successful and charged:
        return DONE
    return TOO_SLOW if "TimeoutError occurred" in end.reason else FAILED


if __name__ == "__main__":
    code = asyncio.run(main())
    logging.shutdown()
    # The codec's Java process would keep the interpreter waiting.
    os._exit(code)
