"""123-SMS.net: both forms of asking, which one is remembered, and what goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from types import SimpleNamespace

import aiohttp
import pytest
from yarl import URL

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    CannotConnectError,
    DuplicateMessageError,
    EmptyMessageError,
    GatewayBrokenError,
    GatewayError,
    InvalidRequestError,
    NoAnswerError,
    OperationUnknownError,
    RateLimitedError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.model.message import Sms
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.sms123 import Sms123
from custom_components.passerelle_sms.gateways.wire.transport import Timeouts
from tests.conftest import GatewayMaker
from tests.simulator import Fault, Simulator
from tests.simulator.gateway import PAGE
from tests.simulator.sms123 import SimulatedSms123

from .samples import FIFTY, paths, send


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedSms123:
    """Return the simulated gateway."""
    return simulator.sms123


@pytest.fixture
def gateway(client: GatewayMaker, simulated: SimulatedSms123) -> Sms123:
    """Return a client that doesn't know yet which form the gateway answers."""
    gateway = client(simulated)
    assert isinstance(gateway, Sms123)
    return gateway


# --- two forms ------------------------------------------------------------------

NOTHING_WAS_DONE = pytest.mark.parametrize(
    ("status", "answer"),
    [(404, PAGE), (405, ""), (415, PAGE), (200, "-1"), (200, "-3"), (400, "[-1]")],
)


@NOTHING_WAS_DONE
async def test_falls_back_when_nothing_was_done(
    simulated: SimulatedSms123, gateway: Sms123, status: int, answer: str
) -> None:
    """The second form is tried, works, and is remembered; one message is sent."""
    simulated.answer_next(answer, status=status)

    submission = await send(gateway)

    assert submission.outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 1
    assert paths(simulated) == ["api/send/", "http.php"]
    assert (await send(gateway, "Encore")).outcome is Outcome.ACCEPTED
    assert paths(simulated)[2:] == ["http.php"]
    # The balance is another operation: its own documented form is still to be tried.
    await gateway.balance()
    assert paths(simulated)[3:] == ["api/solde/"]


@NOTHING_WAS_DONE
async def test_the_balance_falls_back_too(
    simulated: SimulatedSms123, gateway: Sms123, status: int, answer: str
) -> None:
    """And remembers."""
    simulated.answer_next(answer, status=status)

    await gateway.balance()
    await gateway.balance()

    assert paths(simulated) == ["api/solde/", "solde_comptes.php", "solde_comptes.php"]


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("code", ["87", "88", "89", "90"])
async def test_a_field_that_was_filled_and_is_called_empty_was_not_read(
    simulated: SimulatedSms123, gateway: Sms123, code: str, status: int
) -> None:
    """So nothing was done, and nothing is wrong with the message or the account."""
    simulated.answer_next(code, status=status)

    submission = await send(gateway)

    assert submission.outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 1
    assert paths(simulated) == ["api/send/", "http.php"]


@pytest.mark.parametrize("code", ["E501", "E502 : Erreur", '{"code": 501}'])
async def test_credentials_that_the_balance_calls_empty_were_not_read(
    simulated: SimulatedSms123, gateway: Sms123, code: str
) -> None:
    """As for a message; but E505 is an answer about them."""
    simulated.answer_next(code)

    assert (await gateway.balance()).credits == Decimal(1000)

    assert paths(simulated) == ["api/solde/", "solde_comptes.php"]


async def test_a_gateway_that_finds_no_field_in_json(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """The older form works, for all that both forms know."""
    simulated.reads_json = False
    test = SmsOptions(test=True)

    assert (await gateway.balance()).credits == Decimal(1000)
    assert (await send(gateway)).outcome is Outcome.ACCEPTED
    tested = await gateway.send(Sms(text="Test", recipients=FIFTY[:1], options=test))

    assert [submission.error for submission in tested.submissions] == [None]
    assert len(simulated.accepted) == len(simulated.tested) == 1


async def test_a_field_that_is_empty_is_called_so(
    simulator: Simulator, session: aiohttp.ClientSession, simulated: SimulatedSms123
) -> None:
    """Without a key, 88 is the answer."""
    gateway = Sms123(
        session,
        Credentials(username=simulated.username),
        url=URL(simulator.url("sms123")),
    )

    submission = await send(gateway)

    assert type(submission.error) is AuthenticationError
    assert submission.error.code == "88"
    assert paths(simulated) == ["api/send/"]


async def test_a_form_that_works_is_not_left_for_a_field(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """90 is then the error of that message alone."""
    await send(gateway)
    simulated.answer_next("90")

    assert type((await send(gateway)).error) is EmptyMessageError
    assert paths(simulated) == ["api/send/"] * 2


@pytest.mark.parametrize(
    ("first", "second", "error", "code"),
    [
        ((200, "-1"), (404, PAGE), InvalidRequestError, "-1"),
        ((200, "-1"), (200, "-3"), InvalidRequestError, "-1"),
        ((200, "-3"), (200, "-1"), OperationUnknownError, "-3"),
        ((404, PAGE), (200, "-1"), OperationUnknownError, "HTTP 404"),
        ((405, PAGE), (415, PAGE), OperationUnknownError, "HTTP 405"),
        ((200, "87"), (200, "87"), AuthenticationError, "87"),
        ((200, "90"), (404, PAGE), EmptyMessageError, "90"),
        ((200, "88"), (200, "89"), AuthenticationError, "88"),
        # What the older form says of a field says more than that the first one is gone.
        ((404, PAGE), (200, "87"), AuthenticationError, "87"),
    ],
)
async def test_the_documented_forms_error_stands(
    simulated: SimulatedSms123,
    gateway: Sms123,
    first: tuple[int, str],
    second: tuple[int, str],
    error: type[GatewayError],
    code: str,
) -> None:
    """If neither form is answered; and nothing is learnt from that."""
    for status, answer in (first, second):
        simulated.answer_next(answer, status=status)

    submission = await send(gateway)

    assert submission.outcome is Outcome.REJECTED
    assert type(submission.error) is error
    assert submission.error.code == code
    assert paths(simulated) == ["api/send/", "http.php"]
    assert (await send(gateway)).outcome is Outcome.ACCEPTED
    assert paths(simulated)[2:] == ["api/send/"]


async def test_an_error_of_the_second_form_stands_when_it_says_more(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Wrong credentials there are wrong credentials, and it is the form that answers."""
    simulated.documented_api = False
    simulated.api_key = "another"

    assert type((await send(gateway)).error) is AuthenticationError
    assert type((await send(gateway)).error) is AuthenticationError

    assert paths(simulated) == ["api/send/", "http.php", "http.php"]


async def test_a_refusal_settles_the_documented_form(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Whoever says no has understood: -1 is then the error of that message alone."""
    simulated.answer_next("84")
    await send(gateway)
    simulated.answer_next("-1")

    submission = await send(gateway)

    assert type(submission.error) is InvalidRequestError
    assert paths(simulated) == ["api/send/", "api/send/"]
    assert simulated.accepted == []


async def test_looks_again_when_the_known_address_is_gone(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """The gateway may retire either form while the house runs."""
    await send(gateway, "Un")
    simulated.documented_api = False

    assert (await send(gateway, "Deux")).outcome is Outcome.ACCEPTED
    assert (await send(gateway, "Trois")).outcome is Outcome.ACCEPTED

    assert paths(simulated) == [
        "api/send/",
        *("api/send/", "api/send/", "http.php"),
        "http.php",
    ]
    assert [taken.text for taken in simulated.accepted] == ["Un", "Deux", "Trois"]


async def test_fifty_messages_look_again_together(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Those under way meet a closed door each; one finds the other; none is doubled."""
    await send(gateway, "Avant")
    simulated.documented_api = False

    result = await gateway.send(Sms(text="Citerne vide", recipients=FIFTY))

    assert {submission.outcome for submission in result.submissions} == {
        Outcome.ACCEPTED
    }
    assert len(simulated.accepted) == 51
    closed = paths(simulated)[1:].count("api/send/")
    assert closed <= gateway.limits.concurrency + 1
    assert paths(simulated).count("http.php") == 50


async def test_looks_again_when_the_script_is_gone(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """-3 at the known form says the same as 404, and the search starts at the top."""
    simulated.answer_next("-3")
    await send(gateway, "Un")
    simulated.answer_next("-3")

    assert (await send(gateway, "Deux")).outcome is Outcome.ACCEPTED

    assert paths(simulated) == ["api/send/", "http.php", "http.php", "api/send/"]


async def test_fifty_messages_probe_once(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Fifty-one requests: the one that was turned away, and one per message."""
    simulated.documented_api = False

    result = await gateway.send(Sms(text="Citerne vide", recipients=FIFTY))

    assert {submission.outcome for submission in result.submissions} == {
        Outcome.ACCEPTED
    }
    assert len(simulated.accepted) == 50
    assert paths(simulated) == ["api/send/", *["http.php"] * 50]


class Watch:
    """What is under way at once, seen from the client's side."""

    def __init__(self) -> None:
        """Begin before the first request."""
        self.started = asyncio.Event()
        self.held: set[int] = set()
        """The requests, by number, whose answers are late."""
        self.let_go = asyncio.Event()
        self.events: list[str] = []
        self.peak = 0
        self._under_way = 0
        self.config = aiohttp.TraceConfig()
        self.config.on_request_start.append(self._start)
        self.config.on_request_end.append(self._end)

    async def _start(
        self,
        session: aiohttp.ClientSession,
        context: SimpleNamespace,
        parameters: aiohttp.TraceRequestStartParams,
    ) -> None:
        self.started.set()
        context.number = self.events.count("start")
        self.events.append("start")
        self._under_way += 1
        self.peak = max(self.peak, self._under_way)

    async def _end(
        self,
        session: aiohttp.ClientSession,
        context: SimpleNamespace,
        parameters: aiohttp.TraceRequestEndParams,
    ) -> None:
        if context.number in self.held:
            await self.let_go.wait()
        self.events.append("end")
        self._under_way -= 1


@pytest.fixture
def watch() -> Watch:
    """Return what counts the requests under way."""
    return Watch()


@pytest.fixture
async def watched(simulator: Simulator, watch: Watch) -> AsyncIterator[Sms123]:
    """Return a client whose requests are watched."""
    async with aiohttp.ClientSession(trace_configs=[watch.config]) as session:
        yield Sms123(
            session,
            Credentials(
                username=simulator.sms123.username, api_key=simulator.sms123.api_key
            ),
            url=URL(simulator.url("sms123")),
            timeouts=Timeouts(connect=2, read=0.2, total=4),
        )


@pytest.mark.parametrize(("documented", "alone"), [(True, 1), (False, 2)])
async def test_one_probes_then_all_go_at_once(
    simulated: SimulatedSms123,
    watch: Watch,
    watched: Sms123,
    documented: bool,
    alone: int,
) -> None:
    """Until the form is known one request is under way, and then as many as allowed."""
    simulated.documented_api = documented

    await watched.send(Sms(text="Citerne vide", recipients=FIFTY))

    assert watch.events[: 2 * alone + 2] == ["start", "end"] * alone + ["start"] * 2
    assert watch.peak == watched.limits.concurrency == 4


async def test_late_news_of_a_closed_door_is_no_news(
    simulated: SimulatedSms123, watch: Watch, watched: Sms123
) -> None:
    """What another message has found meanwhile is not forgotten."""
    await send(watched, "Avant")
    simulated.documented_api = False
    watch.held = {2}
    found = asyncio.create_task(send(watched, "Un"))
    late = asyncio.create_task(send(watched, "Deux"))

    assert (await found).outcome is Outcome.ACCEPTED
    watch.let_go.set()
    assert (await late).outcome is Outcome.ACCEPTED

    assert paths(simulated) == ["api/send/"] * 4 + ["http.php"] * 2
    assert len(simulated.accepted) == 3


async def test_a_probe_that_is_given_up_lets_the_next_one_through(
    simulated: SimulatedSms123, watch: Watch, watched: Sms123
) -> None:
    """Home Assistant may cancel a send at any moment."""
    probe = asyncio.create_task(send(watched, "Un"))
    waiting = asyncio.create_task(send(watched, "Deux"))
    await watch.started.wait()
    probe.cancel()

    assert (await waiting).outcome is Outcome.ACCEPTED
    assert probe.cancelled()
    assert [taken.text for taken in simulated.accepted] == ["Deux"]


# --- faults ---------------------------------------------------------------------

FAULTS = pytest.mark.parametrize(
    ("fault", "outcome", "error"),
    [
        (Fault.STALL_BEFORE, Outcome.UNKNOWN, NoAnswerError),
        (Fault.STALL_AFTER, Outcome.UNKNOWN, NoAnswerError),
        (Fault.CUT_BEFORE, Outcome.UNKNOWN, NoAnswerError),
        (Fault.CUT_AFTER, Outcome.UNKNOWN, NoAnswerError),
        (Fault.HALF_ANSWER, Outcome.UNKNOWN, NoAnswerError),
        (Fault.ERROR_500, Outcome.UNKNOWN, GatewayBrokenError),
        (Fault.ERROR_500_AFTER, Outcome.UNKNOWN, GatewayBrokenError),
        (Fault.RATE_LIMITED, Outcome.NOT_SENT, RateLimitedError),
        (Fault.HTML, Outcome.UNKNOWN, UnreadableAnswerError),
        (Fault.EMPTY, Outcome.UNKNOWN, UnreadableAnswerError),
        (Fault.REDIRECT, Outcome.UNKNOWN, UnreadableAnswerError),
    ],
)


def test_no_fault_is_left_out() -> None:
    """A new one is tried here too."""
    assert {row[0] for row in FAULTS.args[1]} == set(Fault)


@FAULTS
async def test_nothing_is_repeated_after_a_fault(
    simulated: SimulatedSms123,
    gateway: Sms123,
    fault: Fault,
    outcome: Outcome,
    error: type[GatewayError],
) -> None:
    """No second form, no second request: the ledger holds what the fault let in."""
    simulated.fail(fault)

    submission = await send(gateway)

    assert submission.outcome is outcome
    assert type(submission.error) is error
    assert paths(simulated) == ["api/send/"]
    assert len(simulated.accepted) == fault.takes_the_message


@FAULTS
async def test_nothing_is_repeated_after_a_fault_of_the_second_form(
    simulated: SimulatedSms123,
    gateway: Sms123,
    fault: Fault,
    outcome: Outcome,
    error: type[GatewayError],
) -> None:
    """The fault's own error stands, not the first form's: the message may have left."""
    simulated.answer_next("-3")
    simulated.fail(fault)

    submission = await send(gateway)

    assert submission.outcome is outcome
    assert type(submission.error) is error
    assert paths(simulated) == ["api/send/", "http.php"]
    assert len(simulated.accepted) == fault.takes_the_message


@FAULTS
async def test_nothing_is_repeated_after_a_fault_of_a_known_form(
    simulated: SimulatedSms123,
    gateway: Sms123,
    fault: Fault,
    outcome: Outcome,
    error: type[GatewayError],
) -> None:
    """Nor is the form forgotten."""
    await send(gateway, "Avant")
    simulated.fail(fault, times=1)

    submission = await send(gateway)
    after = await send(gateway, "Après")

    assert submission.outcome is outcome
    assert type(submission.error) is error
    assert after.outcome is Outcome.ACCEPTED
    assert paths(simulated) == ["api/send/"] * 3
    assert len(simulated.accepted) == 2 + fault.takes_the_message


@FAULTS
async def test_a_fault_teaches_nothing_about_the_form(
    simulated: SimulatedSms123,
    gateway: Sms123,
    fault: Fault,
    outcome: Outcome,
    error: type[GatewayError],
) -> None:
    """The next message still finds the form that works."""
    simulated.fail(fault, times=1)
    assert (await send(gateway, "Avant")).outcome is outcome
    simulated.documented_api = False

    assert (await send(gateway)).outcome is Outcome.ACCEPTED

    assert paths(simulated) == ["api/send/", "api/send/", "http.php"]


async def test_the_gateway_itself_tells_that_a_lost_answer_was_an_acceptance(
    simulated: SimulatedSms123, gateway: Sms123
) -> None:
    """Repeated word for word after a time-out: 91, and still one message."""
    simulated.fail(Fault.STALL_AFTER, times=1)
    assert (await send(gateway)).outcome is Outcome.UNKNOWN

    assert type((await send(gateway)).error) is DuplicateMessageError
    assert len(simulated.accepted) == 1


@FAULTS
async def test_a_balance_that_does_not_come(
    simulated: SimulatedSms123,
    gateway: Sms123,
    fault: Fault,
    outcome: Outcome,
    error: type[GatewayError],
) -> None:
    """One request, and no second form."""
    simulated.fail(fault)

    with pytest.raises(GatewayError) as raised:
        await gateway.balance()

    assert type(raised.value) is error
    assert paths(simulated) == ["api/solde/"]


async def test_a_gateway_that_is_down(session: aiohttp.ClientSession) -> None:
    """Provably nothing left the house, and no second form is tried."""
    gateway = Sms123(session, Credentials(), url=URL("http://127.0.0.1:1/"))

    submission = await send(gateway)

    assert submission.outcome is Outcome.NOT_SENT
    assert type(submission.error) is CannotConnectError
