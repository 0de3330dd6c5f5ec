"""The five gateways, played on loopback as their documents describe them."""

from .faults import Fault
from .gateway import Acceptance, ReceivedRequest, SimulatedGateway
from .server import Simulator

__all__ = ["Acceptance", "Fault", "ReceivedRequest", "SimulatedGateway", "Simulator"]
