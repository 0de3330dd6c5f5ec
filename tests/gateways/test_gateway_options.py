"""What every gateway inherits: the options of a message, and what is heard of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
import re
from typing import override

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.abilities.delivery import (
    PushedAnswer,
    PushedReport,
    PushesDelivery,
    PushesDeliveryOnRequest,
    TracksDelivery,
)
from custom_components.passerelle_sms.gateways.abilities.options import (
    AddsStopMention,
    PersonalisesMessages,
    SendsFlash,
    TakesOwnOptions,
)
from custom_components.passerelle_sms.gateways.errors import (
    EmptyMessageError,
    GatewayError,
    InvalidMessageError,
    InvalidOptionError,
    MessageTooLongError,
    MissingFieldError,
    NoAnswerError,
    OptionNotSupportedError,
)
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.model.delivery import (
    DeliveryReport,
    DeliveryStatus,
    Sent,
)
from custom_components.passerelle_sms.gateways.model.options import (
    SmsOptions,
    Switch,
    WholeNumber,
    Word,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome

from .stub_gateway import RECIPIENTS, StubGateway, sms


class Versatile(
    StubGateway, SendsFlash, AddsStopMention, PersonalisesMessages, TakesOwnOptions
):
    """A workbench with options."""

    stop_mention = "\nSTOP au 30000"
    own_options = {  # noqa: RUF012 - declared as a class variable by what it inherits
        "binary": Switch(),
        "pid": WholeNumber(lowest=0, highest=255),
        "mwi": Word(pattern=re.compile(r"[01]{2}"), allowed="0 1, 2"),
    }


class Asked(StubGateway, TracksDelivery):
    """A workbench that can be asked what became of a message."""

    @override
    def delivery_requests(self, sent: Sequence[Sent]) -> tuple[tuple[Sent, ...], ...]:
        return ()

    @override
    async def delivery(self, sent: Sequence[Sent]) -> tuple[DeliveryReport, ...]:
        return ()


class Calling(StubGateway, PushesDelivery):
    """A workbench that calls when it knows more."""

    pushed_by = "POST"

    @override
    def read_pushed(self, said: str) -> tuple[PushedReport, ...]:
        return ()

    @override
    def answer_pushed(
        self, pushed: Sequence[PushedReport], taken: Sequence[bool]
    ) -> PushedAnswer:
        return PushedAnswer(body="", content_type="text/plain")

    @override
    def id_key(self, submission_id: str) -> str:
        return submission_id


class Requested(Calling, PushesDeliveryOnRequest):
    """A workbench that would call if it was asked to."""

    declaration = "calls"
    address_proof = PushedAnswer(body="", content_type="text/plain")


class Asking(Requested):
    """A workbench that is asked to call."""

    delivery_reports = True


@pytest.fixture
def versatile(session: aiohttp.ClientSession) -> Versatile:
    """Return a gateway with options that sends nothing anywhere."""
    return Versatile(session, Credentials(), sender="MAISON")


@pytest.fixture
def workbench(session: aiohttp.ClientSession) -> StubGateway:
    """Return a gateway that sends nothing anywhere."""
    return StubGateway(session, Credentials(), sender="MAISON")


# --- options -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        (SmsOptions(send_at=datetime(2026, 11, 20, 12, tzinfo=UTC)), "send_at"),
        (SmsOptions(flash=True), "flash"),
        (SmsOptions(voice=True), "voice"),
        (SmsOptions(test=True), "test"),
        (SmsOptions(stop_mention=True), "stop_mention"),
        (SmsOptions(allow_replies=True), "allow_replies"),
        (SmsOptions(own={"binary": True}), "binary"),
    ],
)
async def test_refuses_an_option_that_the_gateway_lacks(
    workbench: StubGateway, options: SmsOptions, missing: str
) -> None:
    """Before asking, and by its name."""
    with pytest.raises(OptionNotSupportedError) as raised:
        await workbench.send(replace(sms(RECIPIENTS[0]), options=options))

    assert raised.value.details == {"option": missing}
    assert workbench.asked_for == ()


@pytest.mark.parametrize(
    "options",
    [
        SmsOptions(send_at=datetime(2126, 11, 20, 12, tzinfo=UTC)),
        SmsOptions(test=True),
        SmsOptions(tag="la citerne du jardin, côté nord"),
        SmsOptions(personalisation={RECIPIENTS[0]: {}}),
    ],
)
def test_what_can_be_done_here_is_no_mistake(
    workbench: StubGateway, options: SmsOptions
) -> None:
    """When a message is taken in: an hour and a test are never handed over."""
    workbench.check(replace(sms(RECIPIENTS[0]), options=options))


@pytest.mark.parametrize("tag", ["", "x" * 51, "citerne \ud83d"])
def test_a_tag_that_cannot_be_kept(workbench: StubGateway, tag: str) -> None:
    """Any text of 1 to 50 characters can."""
    workbench.check_tag("x" * 50)
    with pytest.raises(InvalidOptionError) as raised:
        workbench.check(replace(sms(RECIPIENTS[0]), options=SmsOptions(tag=tag)))

    assert raised.value.details["option"] == "tag"


async def test_those_who_read_the_same_share_a_request(workbench: StubGateway) -> None:
    """As many as one request takes, whoever stands between them."""
    names = ("Awa", "Paul", "Awa", "Awa", "Paul", "Awa", "Awa")
    values = {r: {"nom": name} for r, name in zip(RECIPIENTS, names, strict=True)}

    result = await workbench.send(
        replace(
            sms(*RECIPIENTS, "+447700900123", text="Bonjour {nom}"),
            options=SmsOptions(
                personalisation={**values, "+447700900123": {"nom": "Zoé"}}
            ),
        )
    )

    awa = [r[1:] for r, name in zip(RECIPIENTS, names, strict=True) if name == "Awa"]
    paul = [r[1:] for r, name in zip(RECIPIENTS, names, strict=True) if name == "Paul"]
    assert sorted(workbench.asked_for) == sorted(
        [tuple(awa[:3]), tuple(awa[3:]), tuple(paul)]
    )
    assert sorted(workbench.texts) == ["Bonjour Awa", "Bonjour Awa", "Bonjour Paul"]
    assert [one.recipient for one in result.submissions] == [
        *RECIPIENTS,
        "+447700900123",
    ]


async def test_a_text_of_his_own_beside_the_values(versatile: Versatile) -> None:
    """Somebody's template may be another one; a gateway that merges has each with its own."""
    message = replace(
        sms(*RECIPIENTS[:2], text="Fenêtre {nom}"),
        options=SmsOptions(
            personalisation={r: {"nom": "cuisine"} for r in RECIPIENTS[:2]},
            texts={RECIPIENTS[1]: "Fenetre {nom}"},
        ),
    )

    assert versatile.text_for(message, RECIPIENTS[0]) == "Fenêtre cuisine"
    assert versatile.text_for(message, RECIPIENTS[1]) == "Fenetre cuisine"
    await versatile.send(message)
    assert sorted(versatile.texts) == ["Fenetre {nom}", "Fenêtre {nom}"]


def test_what_is_tried_here(workbench: StubGateway) -> None:
    """The message, and each number, in their order; nothing is asked."""
    result = workbench.try_here(sms(RECIPIENTS[0], "+447700900123", RECIPIENTS[1]))

    assert [(one.outcome, one.error is None) for one in result.submissions] == [
        (Outcome.NOT_SENT, True),
        (Outcome.REJECTED, False),
        (Outcome.NOT_SENT, True),
    ]
    with pytest.raises(EmptyMessageError):
        workbench.try_here(sms(RECIPIENTS[0], text=" "))
    assert workbench.asked_for == ()


@pytest.mark.parametrize(
    "options",
    [
        SmsOptions(),
        SmsOptions(flash=True, stop_mention=True),
        SmsOptions(own={"binary": False, "pid": 255, "mwi": "01"}),
    ],
)
async def test_takes_the_options_that_it_has(
    versatile: Versatile, options: SmsOptions
) -> None:
    """One, some, or none."""
    await versatile.send(replace(sms(RECIPIENTS[0]), options=options))

    assert len(versatile.asked_for) == 1


@pytest.mark.parametrize(
    ("options", "error", "details"),
    [
        (
            SmsOptions(flash=True, voice=True),
            OptionNotSupportedError,
            {"option": "voice"},
        ),
        (
            SmsOptions(own={"binary": True, "rpi": 1}),
            OptionNotSupportedError,
            {"option": "rpi"},
        ),
        (
            SmsOptions(own={"binary": 1}),
            InvalidOptionError,
            {"option": "binary", "allowed": "true, false"},
        ),
        (
            SmsOptions(own={"binary": True, "pid": 256}),
            InvalidOptionError,
            {"option": "pid", "allowed": "0 – 255"},
        ),
        (
            SmsOptions(own={"mwi": "2"}),
            InvalidOptionError,
            {"option": "mwi", "allowed": "0 1, 2"},
        ),
    ],
)
async def test_refuses_a_wrong_option_before_asking(
    versatile: Versatile,
    options: SmsOptions,
    error: type[GatewayError],
    details: dict[str, str],
) -> None:
    """Each is looked at."""
    with pytest.raises(GatewayError) as raised:
        await versatile.send(replace(sms(RECIPIENTS[0]), options=options))

    assert type(raised.value) is error
    assert raised.value.details == details
    assert versatile.asked_for == ()


@pytest.mark.parametrize(
    ("personalisation", "missing"),
    [
        (
            {RECIPIENTS[0]: {"ville": "Douala"}, RECIPIENTS[1]: {"nom": "Papa"}},
            "nom",
        ),
        ({RECIPIENTS[0]: {"nom": "Maman", "ville": "Douala"}}, "nom"),
        (
            {
                RECIPIENTS[0]: {"nom": "Maman", "ville": "Douala"},
                RECIPIENTS[1]: {"nom": "Papa"},
            },
            "ville",
        ),
    ],
)
async def test_everybody_has_a_value_for_every_field(
    versatile: Versatile, personalisation: dict[str, dict[str, str]], missing: str
) -> None:
    """Or nobody reads "Bonjour {nom}"."""
    message = replace(
        sms(*RECIPIENTS[:2], text="Bonjour {nom} de {ville}"),
        options=SmsOptions(personalisation=personalisation),
    )

    with pytest.raises(MissingFieldError) as raised:
        await versatile.send(message)

    assert raised.value.details == {"field": missing}
    assert versatile.asked_for == ()


@pytest.mark.parametrize(
    ("text", "value", "error"),
    [
        ("Bonjour {nom}", "Maman \ud83d", InvalidMessageError),
        # Where its fields are all there is of a text, they must hold something.
        ("{nom}", "", EmptyMessageError),
        (" {nom}\n", "\u00a0", EmptyMessageError),
    ],
)
async def test_everybody_reads_something_that_can_be_sent(
    versatile: Versatile, text: str, value: str, error: type[GatewayError]
) -> None:
    """A value is as much of a text as the rest of it."""
    values = {RECIPIENTS[0]: {"nom": "Papa"}, RECIPIENTS[1]: {"nom": value}}
    message = replace(
        sms(*RECIPIENTS[:2], text=text), options=SmsOptions(personalisation=values)
    )

    with pytest.raises(GatewayError) as raised:
        await versatile.send(message)

    assert type(raised.value) is error
    assert versatile.asked_for == ()


async def test_more_values_than_fields_do_no_harm(versatile: Versatile) -> None:
    """A list of values is made for several texts."""
    message = replace(
        sms(RECIPIENTS[0], text="Bonjour {nom}"),
        options=SmsOptions(
            personalisation={RECIPIENTS[0]: {"nom": "Maman", "ville": "Douala"}}
        ),
    )

    await versatile.send(message)

    assert len(versatile.asked_for) == 1


def test_everybody_reads_a_text_of_his_own(versatile: Versatile) -> None:
    """With the mention at its end, where that is wanted."""
    message = replace(
        sms(*RECIPIENTS[:2], text="Bonjour {nom}"),
        options=SmsOptions(
            stop_mention=True, personalisation={RECIPIENTS[0]: {"nom": "Maman"}}
        ),
    )

    assert versatile.text_for(message, RECIPIENTS[0]) == "Bonjour Maman\nSTOP au 30000"
    for anybody in (RECIPIENTS[1], None):
        assert versatile.text_for(message, anybody) == "Bonjour {nom}\nSTOP au 30000"
    assert versatile.text_for(sms(text="Bonjour {nom}")) == "Bonjour {nom}"


def test_a_mention_comes_only_from_a_gateway_that_has_one(
    workbench: StubGateway,
) -> None:
    """Asking for it elsewhere is refused; a text alone is still a text."""
    message = replace(sms(), options=SmsOptions(stop_mention=True))

    assert workbench.text_for(message) == "Test"


@pytest.mark.parametrize(
    ("names", "segments", "units"),
    [
        (["Maman", "Papa"], 1, 13),
        (["Papa", "Maman"], 1, 13),
        # Two segments, however many more letters somebody else has in one.
        (["Z" * 150, f"Zoê{'e' * 64}"], 2, 75),
        # The same segments: the fuller one counts.
        (["ê" * 60, "Z" * 100], 1, 108),
    ],
)
def test_a_message_is_as_long_as_its_longest(
    versatile: Versatile, names: list[str], segments: int, units: int
) -> None:
    """Whoever pays has to know for whom it takes most."""
    recipients = RECIPIENTS[: len(names)]
    message = replace(
        sms(*recipients, text="Bonjour {nom}"),
        options=SmsOptions(
            personalisation={
                recipient: {"nom": name}
                for recipient, name in zip(recipients, names, strict=True)
            }
        ),
    )

    measured = versatile.measure_sms(message)

    assert (measured.segments, measured.units) == (segments, units)


def test_a_message_to_nobody_has_a_length_too(versatile: Versatile) -> None:
    """As a preview is asked for before anybody is chosen."""
    message = replace(sms(text="Test"), options=SmsOptions(stop_mention=True))

    assert versatile.measure_sms(message).units == len("Test\nSTOP au 30000")


async def test_what_is_added_counts_against_the_limit(versatile: Versatile) -> None:
    """Two segments are the most here: 306 characters with the mention."""
    mentioned = SmsOptions(stop_mention=True)
    fitting = "a" * (306 - len(Versatile.stop_mention))
    await versatile.send(replace(sms(RECIPIENTS[0], text=fitting), options=mentioned))

    with pytest.raises(MessageTooLongError) as raised:
        await versatile.send(
            replace(sms(RECIPIENTS[0], text=f"{fitting}a"), options=mentioned)
        )

    assert raised.value.details == {"segments": "3", "maximum": "2"}
    assert len(versatile.asked_for) == 1


# --- what more will be heard -----------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (StubGateway, None),
        (Asked, DeliveryStatus.PENDING),
        (Calling, DeliveryStatus.PENDING),
        (Requested, None),
        (Asking, DeliveryStatus.PENDING),
    ],
)
async def test_tells_whether_more_will_be_heard(
    session: aiohttp.ClientSession,
    kind: type[StubGateway],
    status: DeliveryStatus | None,
) -> None:
    """Of what was accepted: of a refusal or a lost answer nobody knows an id."""
    gateway = kind(session, Credentials(), sender="MAISON")

    async def lose_the_second(numbers: Sequence[str]) -> Decimal | None:
        if RECIPIENTS[3].removeprefix("+") in numbers:
            raise NoAnswerError
        return Decimal(7)

    gateway.answering = lose_the_second
    result = await gateway.send(sms("+447700900123", *RECIPIENTS))

    assert [(s.outcome, s.delivery) for s in result.submissions] == [
        (Outcome.REJECTED, None),
        *([(Outcome.ACCEPTED, status)] * 3),
        *([(Outcome.UNKNOWN, None)] * 3),
        (Outcome.ACCEPTED, status),
    ]
    assert result.remaining == 7


def test_what_is_too_long_may_be_sent_in_parts(workbench: StubGateway) -> None:
    """Unless a gateway knows better."""
    assert workbench.may_split(sms(text="a" * 5_000))
