"""The five gateways, played on loopback as their documents describe them."""

from tests.simulator.faults import Fault
from tests.simulator.gateway import Acceptance, ReceivedRequest, SimulatedGateway
from tests.simulator.later import LaterMessage
from tests.simulator.refusals import AccountRefusal
from tests.simulator.server import Simulator

__all__ = [
    "Acceptance",
    "AccountRefusal",
    "Fault",
    "LaterMessage",
    "ReceivedRequest",
    "SimulatedGateway",
    "Simulator",
]
