"""At every gateway each phone reads its own text, in as few requests as possible."""

import asyncio
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Final

import aiohttp
from hypothesis import HealthCheck, assume, given, settings, strategies as st
import pytest
from yarl import URL

from custom_components.passerelle_sms.gateways.abilities.options import (
    PersonalisesMessages,
    SellsLongMessages,
)
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.errors import RejectedError
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.model.mail_merge import fields_of
from custom_components.passerelle_sms.gateways.model.message import Sms
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.simulator import SimulatedGateway, Simulator

RECIPIENTS: Final = tuple(f"+3361234567{number}" for number in range(4))
PIECES: Final = st.lists(
    st.sampled_from(["a", "é", "ê", "🚨", "{", "}", "{a}", "{b}", "+ &%", "x" * 50]),
    min_size=1,
    max_size=5,
).map("".join)


@dataclass(frozen=True)
class Line:
    """A simulated gateway, and how it is reached."""

    simulated: SimulatedGateway
    session: aiohttp.ClientSession
    url: URL

    def client(self) -> Gateway:
        """Return a client that has not asked for anything yet."""
        gateway = GATEWAYS[self.simulated.key](
            self.session,
            Credentials(
                username=self.simulated.username,
                password=self.simulated.password,
                api_key=self.simulated.api_key,
            ),
            url=self.url,
            sender="MAISON",
        )
        if isinstance(gateway, SellsLongMessages):
            gateway.long_messages = True
        return gateway


@pytest.fixture
def runner(socket_enabled: None) -> Iterator[asyncio.Runner]:
    """Return an event loop in which one example follows the other."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(params=GATEWAYS)
def line(runner: asyncio.Runner, request: pytest.FixtureRequest) -> Iterator[Line]:
    """Return each of the five gateways, on loopback."""
    simulator = Simulator()

    async def open_line() -> Line:
        await simulator.open()
        simulated = simulator.gateways[request.param]
        return Line(
            simulated, aiohttp.ClientSession(), URL(simulator.url(simulated.key))
        )

    line = runner.run(open_line())
    yield line
    runner.run(line.session.close())
    runner.run(simulator.__aexit__(None, None, None))


_NUMBERS: Final = count()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    template=PIECES,
    other=PIECES,
    values=st.lists(
        st.fixed_dictionaries({"a": PIECES, "b": PIECES}), min_size=1, max_size=4
    ),
    has_other=st.sets(st.integers(0, 3)),
)
def test_each_phone_reads_its_own_text(
    runner: asyncio.Runner,
    line: Line,
    template: str,
    other: str,
    values: list[dict[str, str]],
    has_other: set[int],
) -> None:
    """And nobody another's, whoever has which template and which values."""
    # What was sent to somebody before may be refused.
    number = next(_NUMBERS)
    recipients = RECIPIENTS[: len(values)]
    sms = Sms(
        text=f"{number} {template}",
        recipients=recipients,
        options=SmsOptions(
            personalisation=dict(zip(recipients, values, strict=True)),
            texts={
                recipient: f"{number} {other}"
                for index, recipient in enumerate(recipients)
                if index in has_other
            },
        ),
    )
    gateway = line.client()
    try:
        gateway.check(sms)
    except RejectedError:
        assume(False)
    line.simulated.requests.clear()
    line.simulated.accepted.clear()
    line.simulated.credits = Decimal(1_000)

    result = runner.run(gateway.send(sms))

    assert {one.outcome for one in result.submissions} == {Outcome.ACCEPTED}
    assert sorted((one.recipient, one.text) for one in line.simulated.accepted) == [
        (gateway.local_number(recipient), sms.text_to(recipient))
        for recipient in recipients
    ]
    # Nobody's request is another one than that of whoever may share it.
    most = gateway.limits.recipients_per_request
    shared = {_shared(gateway, sms, recipient) for recipient in recipients}
    assert len(line.simulated.requests) == (
        len(recipients) if most == 1 else len(shared)
    )
    assert [one.segments for one in result.submissions] == [
        gateway.measure(sms.text_to(recipient)).segments for recipient in recipients
    ]


def _shared(gateway: Gateway, sms: Sms, recipient: str) -> Hashable:
    """Return what makes a request of its own necessary."""
    text = sms.text_to(recipient)
    if not isinstance(gateway, PersonalisesMessages) or fields_of(text):
        return text
    return sms.template_of(recipient), gateway.measure(text).encoding
