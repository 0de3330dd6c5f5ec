"""The five gateways, played on loopback as their documents describe them."""

from tests.simulator.faults import Fault
from tests.simulator.gateway import Acceptance, ReceivedRequest, SimulatedGateway
from tests.simulator.server import Simulator

__all__ = ["Acceptance", "Fault", "ReceivedRequest", "SimulatedGateway", "Simulator"]
