"""An account of a simulated month: its gateway, and what its house knows of it."""

from pathlib import Path

import aiohttp
from yarl import URL

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from custom_components.passerelle_sms.gateways.wire.transport import Timeouts
from custom_components.passerelle_sms.messaging.dead_man_switch.account_carrier import (
    AccountCarrier,
)
from custom_components.passerelle_sms.messaging.guard.guard import GuardLimits
from tests.messaging.harness import MessagingHarness
from tests.messaging.journal_files import Files, files_of, put_back
from tests.messaging.promise.wire import SimulatorOnWire
from tests.simulator import SimulatedGateway

from .clock import MonthClock
from .setup import Setup

_CREDITS = 100_000


class SimulatedAccount:
    """One account through the runs of its house."""

    carrier: AccountCarrier

    def __init__(
        self,
        key: str,
        simulator: SimulatorOnWire,
        session: aiohttp.ClientSession,
        clock: MonthClock,
        folder: Path,
        setup: Setup,
    ) -> None:
        """Open it at the gateway of that name."""
        self.name = key
        self.simulated: SimulatedGateway = simulator.gateways[key]
        self._url = URL(simulator.url(key))
        self._session = session
        self._clock = clock
        self._setup = setup
        self._open_there()
        self.path = folder / f"{key}.journal"
        self.harness = MessagingHarness(
            self._client(), self.path, clock, account_id=key
        )
        self.harness.limits = self.harness.guard.limits = GuardLimits(
            segments_per_hour=10_000, segments_per_day=10_000
        )

    @property
    def gateway(self) -> Gateway:
        """The client of this run."""
        return self.harness.gateway

    def begin_run(self) -> None:
        """Know nothing of the last run: another process has begun."""
        self.harness.gateway = self.harness.observer.gateway = self._client()
        self.harness.build()

    def carry(self) -> None:
        """Be able to keep messages for the switch in this run."""
        self.carrier = AccountCarrier(
            self.name,
            self.gateway,
            self.harness.ledger,
            self._clock,
            self.harness.observer.invalidate_balance,
        )

    def files(self) -> Files:
        """Return what a power cut would leave."""
        return files_of(self.path)

    def put_back(self, files: Files) -> None:
        """Leave nothing else of the journal."""
        put_back(self.path, files)

    def _open_there(self) -> None:
        simulated = self.simulated
        simulated.now, simulated.elapsed = self._clock.there, self._clock.elapsed
        simulated.credits *= _CREDITS // 1_000
        simulated.seconds_to_charge = self._setup.seconds_to_charge
        simulated.charges_when_sent = self._setup.charges_when_sent
        if hasattr(simulated, "request_limit"):
            # The house's own count is what a month is about.
            simulated.request_limit = 1_000_000

    def _client(self) -> Gateway:
        known = GATEWAYS[self.name]
        own = {} if self._setup.has_own_url else {"default_url": self._url}
        kind = type(known.__name__, (known,), own)
        limit = known.limits.requests_per_hour
        gateway: Gateway = kind(
            self._session,
            Credentials(
                username=self.simulated.username,
                password=self.simulated.password,
                api_key=self.simulated.api_key,
            ),
            url=self._url,
            sender="MAISON",
            timeouts=Timeouts(connect=2, read=0.3, total=4),
            budget=None if limit is None else RequestBudget(limit, self._clock.elapsed),
            elapsed=self._clock.elapsed,
        )
        return gateway
