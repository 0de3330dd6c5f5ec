"""What every gateway inherits: checks, batches, and one submission per recipient."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

import aiohttp
import pytest
from yarl import URL

from custom_components.passerelle_sms.gateways.answer_reader import EXCERPT
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    EmptyMessageError,
    GatewayBrokenError,
    GatewayError,
    InvalidMessageError,
    InvalidRecipientError,
    InvalidRequestError,
    InvalidSenderError,
    MessageTooLongError,
    NoAnswerError,
    NotAllowedError,
    OperationUnknownError,
    RateLimitedError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.model.limits import SenderRule
from custom_components.passerelle_sms.gateways.model.message import Encoding, Submission
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.simulator import Simulator

from .stub_gateway import RECIPIENTS, StubGateway, sms


@pytest.fixture
def workbench(session: aiohttp.ClientSession) -> StubGateway:
    """Return a gateway that sends nothing anywhere."""
    return StubGateway(session, Credentials(), sender="MAISON")


# --- batches -------------------------------------------------------------------


async def test_sends_in_as_few_requests_as_the_gateway_allows(
    workbench: StubGateway,
) -> None:
    """Seven recipients by threes, each once, told in the order that was asked."""
    result = await workbench.send(sms(*RECIPIENTS))

    assert [len(numbers) for numbers in workbench.asked_for] == [3, 3, 1]
    assert [s.recipient for s in result.submissions] == list(RECIPIENTS)
    assert [s.submission_id for s in result.submissions] == [
        number for numbers in workbench.asked_for for number in numbers
    ]
    assert result.submissions[0].submission_id == RECIPIENTS[0].removeprefix("+")
    assert result.remaining is None


async def test_a_failed_request_is_told_of_its_own_recipients(
    workbench: StubGateway,
) -> None:
    """The others went out all the same, and nothing is repeated."""
    error = NoAnswerError(reference="17")

    async def lose_the_second(numbers: Sequence[str]) -> Decimal | None:
        if RECIPIENTS[3].removeprefix("+") in numbers:
            raise error
        return None

    workbench.answering = lose_the_second
    result = await workbench.send(sms(*RECIPIENTS))

    accepted, unknown = Outcome.ACCEPTED, Outcome.UNKNOWN
    assert [s.outcome for s in result.submissions] == [
        *([accepted] * 3),
        *([unknown] * 3),
        accepted,
    ]
    assert len(workbench.asked_for) == 3
    lost = result.submissions[3]
    assert lost.recipient == RECIPIENTS[3]
    assert lost.error is error
    assert lost.submission_id == "17"


async def test_a_number_that_the_gateway_cannot_reach_stops_nobody_else(
    workbench: StubGateway,
) -> None:
    """It is refused before asking, and keeps its place in the answer."""
    result = await workbench.send(sms("+447700900123", RECIPIENTS[0]))

    assert [s.outcome for s in result.submissions] == [
        Outcome.REJECTED,
        Outcome.ACCEPTED,
    ]
    assert type(result.submissions[0].error) is InvalidRecipientError
    assert workbench.asked_for == [(RECIPIENTS[0].removeprefix("+"),)]


async def test_without_a_number_nothing_is_asked(workbench: StubGateway) -> None:
    """Nobody to send to is nothing to send."""
    assert (await workbench.send(sms())).submissions == ()
    await workbench.send(sms("+447700900123"))

    assert workbench.asked_for == ()


async def test_a_number_given_twice_is_sent_to_once(workbench: StubGateway) -> None:
    """Whoever asks."""
    result = await workbench.send(sms(RECIPIENTS[0], RECIPIENTS[0]))

    assert [len(numbers) for numbers in workbench.asked_for] == [1]
    assert [s.recipient for s in result.submissions] == [RECIPIENTS[0]] * 2


async def test_the_least_credit_told_is_what_remains(workbench: StubGateway) -> None:
    """Answers overtake one another."""
    told = iter([Decimal(7), None, Decimal(5)])

    async def tell(numbers: Sequence[str]) -> Decimal | None:
        return next(told)

    workbench.answering = tell

    assert (await workbench.send(sms(*RECIPIENTS))).remaining == 5


async def test_asks_only_so_much_at_once(workbench: StubGateway) -> None:
    """Two requests under way, the third waits, also when another message brings it."""
    under_way: list[Sequence[str]] = []
    go_on = asyncio.Event()

    async def wait(numbers: Sequence[str]) -> Decimal | None:
        under_way.append(numbers)
        await go_on.wait()
        return None

    workbench.answering = wait
    sending = asyncio.gather(
        workbench.send(sms(*RECIPIENTS[:6])), workbench.send(sms(RECIPIENTS[6]))
    )
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(under_way) == 2

    go_on.set()
    await sending
    assert len(under_way) == 3


# --- checks --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", EmptyMessageError),
        (" \n\u00a0", EmptyMessageError),
        ("a" * 307, MessageTooLongError),
        ("ê" * 135, MessageTooLongError),
        ("Alerte \ud83d", InvalidMessageError),
        ("\udea8", InvalidMessageError),
    ],
)
async def test_refuses_a_text_before_asking(
    workbench: StubGateway, text: str, error: type[GatewayError]
) -> None:
    """Nothing to say, more than is sane, or no text at all."""
    with pytest.raises(GatewayError) as raised:
        await workbench.send(sms(*RECIPIENTS, text=text))

    assert type(raised.value) is error
    assert raised.value.outcome is Outcome.REJECTED
    assert workbench.asked_for == ()


@pytest.mark.parametrize("text", ["a" * 306, "ê" * 134, "Alerte \U0001f6a8"])
async def test_takes_a_text_up_to_its_limit(workbench: StubGateway, text: str) -> None:
    """Two segments of either encoding, and any character that is one."""
    await workbench.send(sms(RECIPIENTS[0], text=text))

    assert len(workbench.asked_for) == 1


def test_says_how_long_a_text_is(workbench: StubGateway) -> None:
    """For whoever shortens it."""
    with pytest.raises(MessageTooLongError) as raised:
        workbench.check(sms(text="a" * 400))

    assert raised.value.details == {"segments": "3", "maximum": "2"}


def test_tells_whether_a_text_fits(workbench: StubGateway) -> None:
    """For whoever splits it."""
    assert workbench.most_segments == workbench.limits.segments
    assert workbench.fits(sms(text="a" * 306))
    assert not workbench.fits(sms(text="a" * 307))


@pytest.mark.parametrize("text", ["\u200b", "\xad\u200d", "\x1b[31m\x1b[0m", "\u0301"])
def test_refuses_a_text_that_shows_nothing(workbench: StubGateway, text: str) -> None:
    """It would be billed like any other."""
    with pytest.raises(EmptyMessageError):
        workbench.check(sms(text=text))


def test_counts_as_the_air_does(workbench: StubGateway) -> None:
    """Where a gateway has no count of its own."""
    assert workbench.measure("Citerne vide").encoding is Encoding.GSM7
    assert workbench.measure("Forêt").encoding is Encoding.UCS2


@pytest.mark.parametrize(
    ("own", "brought", "sender"),
    [("MAISON", None, "MAISON"), ("MAISON", "CITERNE", "CITERNE"), (None, "A", "A")],
)
async def test_a_message_may_bring_its_sender(
    session: aiohttp.ClientSession, own: str | None, brought: str | None, sender: str
) -> None:
    """The account's own stands in."""
    workbench = StubGateway(session, Credentials(), sender=own)

    await workbench.send(sms(RECIPIENTS[0], sender=brought))

    assert workbench.senders == [sender]


@pytest.mark.parametrize("sender", ["M", "MAISON", "Ma Maison 2", "L'EAU & CO", "1A"])
def test_takes_a_sender(sender: str) -> None:
    """One to eleven characters that every phone shows."""
    SenderRule().check(sender)


@pytest.mark.parametrize(
    "sender", [None, "", "MAISONDUBOIS", "É", "A/B", "A\n", "237695", "2 3", "+2376"]
)
def test_refuses_a_sender(sender: str | None) -> None:
    """None, too long, of other characters, or a number."""
    with pytest.raises(InvalidSenderError):
        SenderRule().check(sender)


def test_a_gateway_has_its_own_rule_of_senders() -> None:
    """It may do without one, and ask for more."""
    rule = SenderRule(required=False, shortest=3)

    rule.check(None)
    rule.check("")
    rule.check("ABC")
    with pytest.raises(InvalidSenderError) as raised:
        rule.check("AB")
    assert raised.value.details == {"sender": "AB", "shortest": "3", "longest": "11"}


def test_a_number_for_a_sender_is_not_repeated() -> None:
    """It may be somebody's, and the error may be logged."""
    with pytest.raises(InvalidSenderError) as raised:
        SenderRule().check("+237695688207")

    assert raised.value.details["sender"] == "***07"
    assert "695688" not in str(raised.value)


async def test_the_rule_is_asked_before_the_gateway(
    session: aiohttp.ClientSession,
) -> None:
    """Neither the message nor the account has a sender."""
    workbench = StubGateway(session, Credentials())

    with pytest.raises(InvalidSenderError):
        await workbench.send(sms(RECIPIENTS[0]))

    assert workbench.asked_for == ()


# --- what a status means when the body says nothing ------------------------------


@pytest.mark.parametrize(
    ("status", "error", "kept"),
    [
        (200, UnreadableAnswerError, True),
        (204, UnreadableAnswerError, True),
        (302, UnreadableAnswerError, True),
        (400, InvalidRequestError, True),
        (401, AuthenticationError, False),
        (403, NotAllowedError, False),
        (404, OperationUnknownError, False),
        (405, OperationUnknownError, False),
        (415, OperationUnknownError, False),
        (418, InvalidRequestError, True),
        (429, RateLimitedError, False),
        (500, GatewayBrokenError, True),
        (503, GatewayBrokenError, True),
    ],
)
async def test_a_status_decides_where_nothing_else_does(
    simulator: Simulator,
    session: aiohttp.ClientSession,
    status: int,
    error: type[GatewayError],
    *,
    kept: bool,
) -> None:
    """With an excerpt of what was said, where that helps."""
    url = URL(simulator.url("etech_keys"))
    simulator.etech_keys.answer_next("Bonjour", status=status)
    workbench = StubGateway(session, Credentials(), url=url)

    with pytest.raises(GatewayError) as raised:
        await workbench.balance()

    assert type(raised.value) is error
    assert raised.value.code == f"HTTP {status}"
    body = "" if status == 204 else "Bonjour"
    assert workbench.last_unreadable == (f"HTTP {status}: {body}" if kept else None)


@pytest.mark.parametrize("before", [0, 1990, 495])
async def test_an_excerpt_is_short_and_holds_no_secret(
    simulator: Simulator, session: aiohttp.ClientSession, before: int
) -> None:
    """Nor half of one, wherever it is cut."""
    credentials = Credentials(
        username="an-account", password="a-secret-of-many-letters", api_key="k3y"
    )
    secrets = [credentials.password, credentials.username, credentials.api_key]
    echoed = f"{'.' * before}{' '.join(secrets * 60)} {RECIPIENTS[0]}"
    simulator.etech_keys.answer_next(echoed)
    workbench = StubGateway(
        session, credentials, url=URL(simulator.url("etech_keys")), sender="MAISON"
    )

    with pytest.raises(UnreadableAnswerError):
        await workbench.balance()

    excerpt = (workbench.last_unreadable or "").removeprefix("HTTP 200: ")
    assert len(excerpt) == EXCERPT
    assert set(excerpt) <= set(".* ")


async def test_an_account_is_not_shown(session: aiohttp.ClientSession) -> None:
    """Not even where a program prints what it holds."""
    credentials = Credentials(username="an-account", password="secret", api_key="k3y")
    message = sms(RECIPIENTS[0])
    submission = Submission(
        recipient=RECIPIENTS[0], outcome=Outcome.ACCEPTED, submission_id="1an-account"
    )

    for value in (credentials, message, submission, StubGateway(session, credentials)):
        shown = repr(value)
        for secret in ("an-account", "secret", "k3y", RECIPIENTS[0]):
            assert secret not in shown


def test_asks_where_the_document_says(session: aiohttp.ClientSession) -> None:
    """Unless told otherwise."""
    elsewhere = URL("http://127.0.0.1/")

    assert StubGateway(session, Credentials()).url == StubGateway.default_url
    assert StubGateway(session, Credentials(), url=elsewhere).url == elsewhere
