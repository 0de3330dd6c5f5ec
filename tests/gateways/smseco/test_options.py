"""SMSECO: what a message may be asked for besides (sections I-1-1, I-2 and II-2)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    InvalidOptionError,
    InvalidScheduleError,
    MessageTooLongError,
    MissingFieldError,
    OptionNotSupportedError,
    RejectedError,
)
from custom_components.passerelle_sms.gateways.model.message import Sms
from custom_components.passerelle_sms.gateways.model.options import OwnValue, SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.conftest import GatewayMaker
from tests.simulator import Fault, Simulator

from .samples import BURKINA, IVORIAN, OTHER, last_request

NOW = datetime(2026, 12, 24, 18, 0, tzinfo=UTC)
# Section II-2-1, with a name that GSM-7 holds.
TEXT = "Bonjour {nom}, votre solde est {solde}"
VALUES = {
    BURKINA: {"nom": "Philo", "solde": "12"},
    IVORIAN: {"nom": "Ange", "solde": "2+2 & 50%"},
}


async def test_asks_for_nothing_that_was_not_asked_for(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Section I-1-1: the optional fields stay away."""
    await client(simulator.smseco).send(Sms(text="Test", recipients=(BURKINA,)))

    assert last_request(simulator.smseco) == {
        "message": {
            "expediteur": "MAISON",
            "msg": "Test",
            "flash": 0,
            "unicode": 0,
            "binaire": 0,
        },
        "destinataires": [{"numero": "22678657808"}],
    }


# --- later, and at once -------------------------------------------------------


async def test_schedules_a_message(simulator: Simulator, client: GatewayMaker) -> None:
    """Section I-2: `datesend` in Abidjan's time, in whole minutes, never too early."""
    simulator.smseco.now = lambda: NOW
    send_at = NOW + timedelta(minutes=29, seconds=1)

    result = await client(simulator.smseco).send(
        Sms(
            text="Test",
            recipients=(BURKINA, OTHER),
            options=SmsOptions(send_at=send_at),
        )
    )

    request = last_request(simulator.smseco)
    assert isinstance(request["message"], dict)
    assert request["message"]["datesend"] == "2026-12-24 18:30"
    assert {s.outcome for s in result.submissions} == {Outcome.ACCEPTED}
    assert simulator.smseco.scheduled == {
        submission.submission_id: NOW + timedelta(minutes=30)
        for submission in result.submissions
    }


async def test_a_time_that_is_over_is_refused(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The code −13."""
    simulator.smseco.now = lambda: NOW

    result = await client(simulator.smseco).send(
        Sms(text="Test", recipients=(BURKINA,), options=SmsOptions(send_at=NOW))
    )

    assert type(result.submissions[0].error) is InvalidScheduleError
    assert simulator.smseco.accepted == []


async def test_shows_a_message_at_once(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Section I-1-1: `flash`."""
    await client(simulator.smseco).send(
        Sms(text="Test", recipients=(BURKINA,), options=SmsOptions(flash=True))
    )

    request = last_request(simulator.smseco)
    assert isinstance(request["message"], dict)
    assert request["message"]["flash"] == 1


@pytest.mark.parametrize(
    "options",
    [
        SmsOptions(voice=True),
        SmsOptions(test=True),
        SmsOptions(stop_mention=True),
        SmsOptions(allow_replies=True),
        SmsOptions(own={"dedupe": True}),
    ],
)
async def test_refuses_what_the_document_does_not_know(
    simulator: Simulator, client: GatewayMaker, options: SmsOptions
) -> None:
    """Before it asks."""
    with pytest.raises(OptionNotSupportedError):
        await client(simulator.smseco).send(
            Sms(text="Test", recipients=(BURKINA,), options=options)
        )

    assert simulator.smseco.requests == []


# --- mail merge ---------------------------------------------------------------


async def test_tells_each_recipient_something_else(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Section II-2-1: the text as it is, and each recipient's `datas`."""
    result = await client(simulator.smseco).send(
        Sms(
            text=TEXT,
            recipients=(BURKINA, IVORIAN),
            options=SmsOptions(personalisation=VALUES),
        )
    )

    request = last_request(simulator.smseco)
    assert request["destinataires"] == [
        {"numero": "22678657808", "datas": VALUES[BURKINA]},
        {"numero": "2250757123456", "datas": VALUES[IVORIAN]},
    ]
    assert isinstance(request["message"], dict)
    assert request["message"]["msg"] == TEXT
    assert request["message"]["unicode"] == 0
    assert {s.outcome for s in result.submissions} == {Outcome.ACCEPTED}
    assert [taken.text for taken in simulator.smseco.accepted] == [
        "Bonjour Philo, votre solde est 12",
        "Bonjour Ange, votre solde est 2+2 & 50%",
    ]


async def test_tells_the_gateway_no_more_than_the_text_asks(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """What else is known of a recipient stays in the house."""
    await client(simulator.smseco).send(
        Sms(
            text="Bonjour {nom}",
            recipients=(BURKINA,),
            options=SmsOptions(personalisation=VALUES),
        )
    )
    request = last_request(simulator.smseco)
    assert request["destinataires"] == [
        {"numero": "22678657808", "datas": {"nom": "Philo"}}
    ]

    await client(simulator.smseco).send(
        Sms(
            text="Bonjour",
            recipients=(BURKINA,),
            options=SmsOptions(personalisation=VALUES),
        )
    )
    request = last_request(simulator.smseco)
    assert request["destinataires"] == [{"numero": "22678657808"}]


async def test_counts_what_each_reads(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Segments and cost are those of the merged text."""
    result = await client(simulator.smseco).send(
        Sms(
            text="{a}",
            recipients=(BURKINA, IVORIAN),
            options=SmsOptions(
                personalisation={BURKINA: {"a": "x" * 160}, IVORIAN: {"a": "x" * 161}}
            ),
        )
    )

    assert [s.segments for s in result.submissions] == [1, 2]
    assert [s.cost for s in result.submissions] == [Decimal(1), Decimal(2)]


@pytest.mark.parametrize(
    ("names", "unicode"),
    [
        (("Philo", "Andrée", "Ange"), {0: ["Philo", "Andrée", "Ange"]}),
        (("Philo", "Zoë", "Ange"), {0: ["Philo", "Ange"], 1: ["Zoë"]}),
        (("Zoë", "Ange", "Loïc"), {0: ["Ange"], 1: ["Zoë", "Loïc"]}),
        (("Zoë", "Loïc", "Maël"), {1: ["Zoë", "Loïc", "Maël"]}),
    ],
)
@pytest.mark.parametrize("bills_by_unicode", [False, True])
async def test_each_encoding_has_its_request(
    simulator: Simulator,
    client: GatewayMaker,
    names: tuple[str, ...],
    unicode: dict[int, list[str]],
    bills_by_unicode: bool,
) -> None:
    """`unicode` is for all: one name outside of GSM-7 must not cost the others."""
    simulator.smseco.bills_by_unicode = bills_by_unicode
    recipients = (BURKINA, IVORIAN, OTHER)
    values = {r: {"nom": n} for r, n in zip(recipients, names, strict=True)}
    rest = " x" * 40

    result = await client(simulator.smseco).send(
        Sms(
            text=f"{{nom}}{rest}",
            recipients=recipients,
            options=SmsOptions(personalisation=values),
        )
    )

    requests = [json.loads(r.body[5:]) for r in simulator.smseco.requests]
    assert {
        request["message"]["unicode"]: [
            item["datas"]["nom"] for item in request["destinataires"]
        ]
        for request in requests
    } == unicode
    assert len(requests) == len(unicode)
    assert [one.recipient for one in result.submissions] == [*recipients]
    assert {one.outcome for one in result.submissions} == {Outcome.ACCEPTED}
    segments = [2 if name in unicode.get(1, []) else 1 for name in names]
    assert [one.segments for one in result.submissions] == segments
    assert [one.cost for one in result.submissions] == [*map(Decimal, segments)]
    assert result.remaining == simulator.smseco.credits
    read = {f"+{one.recipient}": one.text for one in simulator.smseco.accepted}
    assert read == {r: f"{n}{rest}" for r, n in zip(recipients, names, strict=True)}


@pytest.mark.parametrize("merges_values", [False, True])
@pytest.mark.parametrize(
    ("text", "values", "texts"),
    [
        # A value that is a field, is none of the text's, or makes one with its text.
        ("{a} {b}", {"a": "{b}", "b": "2"}, ("{b} 2",)),
        ("{a} {b}", {"a": "{c}", "b": "2"}, ("{c} 2",)),
        ("{a}b} {b}", {"a": "{", "b": "2"}, ("{b} 2",)),
        ("{a}{b}", {"a": "{a}", "b": "{b}"}, ("{a}{b}",)),
    ],
)
async def test_a_value_that_holds_a_field_is_merged_here(
    simulator: Simulator,
    client: GatewayMaker,
    text: str,
    values: dict[str, str],
    texts: tuple[str],
    merges_values: bool,
) -> None:
    """A gateway that replaces one after the other would replace it, too."""
    simulator.smseco.merges_values = merges_values
    personalisation = {
        BURKINA: {"a": "1", "b": "2"},
        IVORIAN: values,
        OTHER: {"a": "{", "b": "}"},
    }

    result = await client(simulator.smseco).send(
        Sms(
            text=text,
            recipients=(BURKINA, IVORIAN, OTHER),
            options=SmsOptions(personalisation=personalisation, flash=True),
        )
    )

    assert {one.outcome for one in result.submissions} == {Outcome.ACCEPTED}
    assert [one.recipient for one in result.submissions] == [BURKINA, IVORIAN, OTHER]
    [alone] = [
        request
        for request in (json.loads(r.body[5:]) for r in simulator.smseco.requests)
        if request["destinataires"] == [{"numero": IVORIAN[1:]}]
    ]
    assert alone["message"]["msg"] == texts[0]
    assert alone["message"]["flash"] == 1
    read = {f"+{one.recipient}": one.text for one in simulator.smseco.accepted}
    assert read[IVORIAN] == texts[0]


async def test_one_part_of_a_mail_merge_fails_alone(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """What was accepted in another request stays that."""
    simulator.smseco.fail(Fault.CUT_AFTER, times=1)
    values = {BURKINA: {"nom": "Awa"}, IVORIAN: {"nom": "Zoë"}}

    result = await client(simulator.smseco).send(
        Sms(
            text="{nom}",
            recipients=(BURKINA, IVORIAN),
            options=SmsOptions(personalisation=values),
        )
    )

    assert {one.outcome for one in result.submissions} == {
        Outcome.ACCEPTED,
        Outcome.UNKNOWN,
    }
    assert simulator.smseco.asked("send") == 2
    assert len(simulator.smseco.accepted) == 2


async def test_a_mail_merge_is_refused_as_a_whole(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Where one of its texts is too long: nobody is sent a part of it."""
    values = {BURKINA: {"nom": "Awa"}, IVORIAN: {"nom": "ë" * 700}}

    with pytest.raises(MessageTooLongError):
        await client(simulator.smseco).send(
            Sms(
                text="{nom}",
                recipients=(BURKINA, IVORIAN),
                options=SmsOptions(personalisation=values),
            )
        )

    assert simulator.smseco.requests == []


async def test_refuses_a_field_without_a_value(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Nobody is to read `{nom}`."""
    with pytest.raises(MissingFieldError):
        await client(simulator.smseco).send(
            Sms(
                text=TEXT,
                recipients=(BURKINA, OTHER),
                options=SmsOptions(personalisation=VALUES),
            )
        )

    assert simulator.smseco.requests == []


# --- its own options ----------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "fields"),
    [
        ({"binary": False}, {}),
        ({"binary": True}, {"binaire": 1}),
        ({"mwi": 0}, {"mwi": 0}),
        ({"mwi": 7}, {"mwi": 7}),
        ({"pid": 0}, {"pid": 0}),
        ({"pid": 255}, {"pid": 255}),
        ({"rpi": 0}, {"rpi": 0}),
        ({"rpi": 1}, {"rpi": 1}),
        ({"alt_dcs": 0}, {"alt_dcs": 0}),
        ({"alt_dcs": 3}, {"alt_dcs": 3}),
        ({"udhdata": "06050415820000"}, {"udhdata": "06050415820000"}),
        ({"udhdata": "aF" * 140}, {"udhdata": "aF" * 140}),
        (
            {"udhdata": "0A", "binary": True, "pid": 64},
            {"udhdata": "0A", "binaire": 1, "pid": 64},
        ),
    ],
)
async def test_takes_its_own_options(
    simulator: Simulator,
    client: GatewayMaker,
    own: dict[str, OwnValue],
    fields: dict[str, OwnValue],
) -> None:
    """Section I-1-1, by name: in the request when they are used."""
    await client(simulator.smseco).send(
        Sms(text="Test", recipients=(BURKINA,), options=SmsOptions(own=own))
    )

    assert last_request(simulator.smseco)["message"] == {
        "expediteur": "MAISON",
        "msg": "Test",
        "flash": 0,
        "unicode": 0,
        "binaire": 0,
        **fields,
    }


@pytest.mark.parametrize(
    "own",
    [
        {"binary": 1},
        {"mwi": 8},
        {"mwi": -1},
        {"pid": 256},
        {"rpi": 2},
        {"rpi": True},
        {"alt_dcs": 4},
        {"udhdata": ""},
        {"udhdata": "0"},
        {"udhdata": "0G"},
        {"udhdata": "00\n"},
        {"udhdata": "00" * 141},
    ],
)
async def test_refuses_a_value_before_asking(
    simulator: Simulator, client: GatewayMaker, own: dict[str, OwnValue]
) -> None:
    """What the SMS standard has no place for."""
    with pytest.raises(RejectedError) as raised:
        await client(simulator.smseco).send(
            Sms(text="Test", recipients=(BURKINA,), options=SmsOptions(own=own))
        )

    assert type(raised.value) is InvalidOptionError
    assert simulator.smseco.requests == []


@pytest.mark.parametrize(
    ("own", "may_be"),
    [
        ({}, True),
        ({"binary": False, "pid": 64}, True),
        ({"binary": True}, False),
        ({"udhdata": "050003CC0201"}, False),
    ],
)
def test_what_may_be_sent_in_parts(
    client: GatewayMaker, simulator: Simulator, own: dict[str, OwnValue], may_be: bool
) -> None:
    """Not what is no text, nor what says itself which part of something it is."""
    sms = Sms(text="Test", recipients=(BURKINA,), options=SmsOptions(own=own))

    assert client(simulator.smseco).may_split(sms) is may_be
