"""Envoyer SMS Pro: the options of a message ("Fonction nouveau message")."""

from dataclasses import replace
from datetime import UTC, datetime

import aiohttp
from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.envoyer_sms_pro import EnvoyerSmsPro
from custom_components.passerelle_sms.gateways.envoyer_sms_pro.text import (
    measure_text,
    truncated,
)
from custom_components.passerelle_sms.gateways.errors import (
    InvalidOptionError,
    InvalidRecipientError,
    MessageTooLongError,
    OptionNotSupportedError,
)
from custom_components.passerelle_sms.gateways.model.options import OwnValue, SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.simulator import Simulator
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro

from .samples import (
    BAD,
    FRANCE,
    LUXEMBOURG,
    SMS,
    Maker,
    fail,
    maker,
    outcomes,
    submitted,
)

PLAIN = {
    "text": "Ceci est un test",
    "recipients": "33600000001",
    "sendername": "MAISON",
}
# Whatever it takes by our count: the gateway's may be another.
LONG = {"longmessageallowed": "1"}
TRUNCATE = SmsOptions(own={"truncate": True})


@pytest.fixture
def make(simulator: Simulator, session: aiohttp.ClientSession) -> Maker:
    """Return a maker of clients."""
    return maker(simulator, session)


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        (SmsOptions(), {}),
        # Printed as an example: "1423 pour 14h23", "20110210 pour le 10 février 2011".
        (
            SmsOptions(send_at=datetime(2027, 2, 10, 13, 23, tzinfo=UTC)),
            {"senddate": "20270210", "sendtime": "1423"},
        ),
        (
            SmsOptions(send_at=datetime(2027, 7, 10, 22, 5, 1, tzinfo=UTC)),
            {"senddate": "20270711", "sendtime": "0006"},
        ),
        # The hour that comes twice: the second time it would be too early.
        (
            SmsOptions(send_at=datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
            {"senddate": "20271031", "sendtime": "0230"},
        ),
        (
            SmsOptions(send_at=datetime(2027, 10, 31, 1, 30, tzinfo=UTC)),
            {"senddate": "20271031", "sendtime": "0300"},
        ),
        (SmsOptions(tag="Citerne1"), {"tag": "Citerne1"}),
        (SmsOptions(stop_mention=True), {"stopsms": "1"}),
        (SmsOptions(allow_replies=True), {"responsestatusid": "1"}),
        (SmsOptions(own={"dedupe": True}), {"dedupe": "1"}),
        (TRUNCATE, {"messagetruncationallowed": "1"}),
        (SmsOptions(own={"allow_malformed_numbers": True}), {"allnumberallowed": "1"}),
        (
            SmsOptions(
                own={
                    "dedupe": False,
                    "truncate": False,
                    "allow_malformed_numbers": False,
                }
            ),
            {},
        ),
    ],
)
async def test_an_option_is_asked_for_when_it_is_used(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    options: SmsOptions,
    fields: dict[str, str],
) -> None:
    """All of them are off by themselves, so a plain request has none."""
    result = await make().send(replace(SMS, options=options))

    long = {} if options == TRUNCATE else LONG
    assert submitted(simulated) == {**PLAIN, **long, **fields}
    assert outcomes(result) == {FRANCE: Outcome.ACCEPTED}


async def test_a_scheduled_message_waits_at_the_gateway(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """In the zone of Paris, to the minute, and never before it is meant."""
    now = datetime(2027, 7, 10, 22, 0, tzinfo=UTC)
    simulated.now = lambda: now

    await make().send(
        replace(SMS, options=SmsOptions(send_at=now.replace(minute=5, second=1)))
    )

    [message] = simulated.messages.values()
    assert message.send_at == now.replace(minute=6)
    assert not simulated.is_sent(message)
    now = now.replace(minute=6)
    assert simulated.is_sent(message)


@pytest.mark.parametrize(
    "tag", ["", "a" * 21, "a b", "é", "citerne-1", "a\n", "\ud800"]
)
async def test_refuses_a_tag_as_the_gateway_would(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, tag: str
) -> None:
    """The document: "Alphanumérique limité à 20 caractères"."""
    with pytest.raises(InvalidOptionError) as raised:
        await make().send(replace(SMS, options=SmsOptions(tag=tag)))

    assert raised.value.details == {"option": "tag", "allowed": "A-Z a-z 0-9, 1 – 20"}
    assert simulated.requests == []


async def test_takes_the_longest_tag(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Of as many characters as it says."""
    tag = "Z9" * (EnvoyerSmsPro.tag_length // 2)

    await make().send(replace(SMS, options=SmsOptions(tag=tag)))

    assert [message.tag for message in simulated.messages.values()] == [tag]


@pytest.mark.parametrize(
    ("own", "error"),
    [
        ({"dedupe": 1}, InvalidOptionError),
        ({"truncate": "1"}, InvalidOptionError),
        ({"allow_malformed_numbers": "yes"}, InvalidOptionError),
        ({"longmessageallowed": True}, OptionNotSupportedError),
    ],
)
async def test_refuses_what_is_none_of_its_own_options(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    own: dict[str, OwnValue],
    error: type[Exception],
) -> None:
    """Before anything is asked."""
    with pytest.raises(error):
        await make().send(replace(SMS, options=SmsOptions(own=own)))

    assert simulated.requests == []


async def test_a_flash_message_is_none_of_its_options(make: Maker) -> None:
    """Nor is a spoken one or a test."""
    for options in (
        SmsOptions(flash=True),
        SmsOptions(voice=True),
        SmsOptions(test=True),
    ):
        with pytest.raises(OptionNotSupportedError):
            await make().send(replace(SMS, options=options))


# --- the STOP mention ---------------------------------------------------------


@pytest.mark.parametrize(
    ("characters", "segments"), [(141, 1), (142, 2), (287, 2), (288, 3), (440, 3)]
)
async def test_the_stop_mention_takes_room(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, characters: int, segments: int
) -> None:
    """The gateway adds it, and counts it: "Il vous restera ainsi 141 caractères"."""
    gateway = make()
    sms = replace(SMS, text="a" * characters, options=SmsOptions(stop_mention=True))

    result = await gateway.send(sms)

    assert gateway.measure_sms(sms).units == characters + 19
    assert submitted(simulated)["text"] == sms.text
    assert result.submissions[0].segments == result.submissions[0].cost == segments
    assert [taken.text for taken in simulated.accepted] == [gateway.text_for(sms)]
    assert gateway.text_for(sms) == f"{sms.text}\nSTOP SMS au 36111"


async def test_the_stop_mention_may_be_too_much(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Without it the text would fit."""
    with pytest.raises(MessageTooLongError):
        await make().send(
            replace(SMS, text="a" * 441, options=SmsOptions(stop_mention=True))
        )

    assert simulated.requests == []


# --- texts that are cut -------------------------------------------------------


@pytest.mark.parametrize("stop_mention", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "court",
        "a" * 160,
        "a" * 161,
        "a" * 5000,
        "é\r\n" * 400,
        "€" * 81,
        "a" + "ê" * 90,
    ],
)
async def test_a_text_that_may_be_cut_is_never_too_long(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, text: str, stop_mention: bool
) -> None:
    """It goes out whole and is billed as one SMS: the gateway cuts, and we know where."""
    gateway = make()
    sms = replace(SMS, text=text, options=replace(TRUNCATE, stop_mention=stop_mention))

    result = await gateway.send(sms)

    assert submitted(simulated)["text"] == text.replace("\r\n", "\n")
    assert "longmessageallowed" not in submitted(simulated)
    assert result.submissions[0].segments == result.submissions[0].cost == 1
    assert gateway.measure_sms(sms).segments == 1
    [taken] = simulated.accepted
    if simulated.accents_count_two and "é" in text:
        assert gateway.text_for(sms).startswith(taken.text.split("\nSTOP")[0])
    else:
        assert taken.text == gateway.text_for(sms)


@given(st.text(), st.integers(min_value=0, max_value=160))
def test_cuts_as_late_as_there_is_room(text: str, room: int) -> None:
    """What is left fits, and with one character more it would not."""
    written = text.replace("\r\n", "\n").replace("\r", "\n")
    cut = truncated(text, room)

    assert written.startswith(cut)
    assert measure_text(cut).units <= room
    if cut != written:
        assert measure_text(written[: len(cut) + 1]).units > room


# --- numbers that are wrong, or there twice -----------------------------------


async def test_wrong_numbers_may_be_allowed(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """They are billed: "En cas de numéro mal formé, le SMS sera quand même facturé"."""
    simulated.wrong_numbers = {"35200000077"}

    result = await make().send(
        replace(
            SMS,
            recipients=(FRANCE, LUXEMBOURG),
            options=SmsOptions(own={"allow_malformed_numbers": True}),
        )
    )

    assert simulated.asked("send") == 1
    assert outcomes(result) == dict.fromkeys((FRANCE, LUXEMBOURG), Outcome.ACCEPTED)
    assert [submission.cost for submission in result.submissions] == [1, 1]
    assert result.remaining == 998


async def test_a_refusal_of_allowed_numbers_is_nobodys_proof(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """It contradicts the option, so nothing is concluded from what it lists."""
    simulated.answer_next(fail(3, f"{BAD} - Wrong numbers : 35200000077"))

    result = await make().send(
        replace(
            SMS,
            recipients=(FRANCE, LUXEMBOURG),
            options=SmsOptions(own={"allow_malformed_numbers": True}),
        )
    )

    assert simulated.asked("send") == 1
    assert [type(submission.error) for submission in result.submissions] == [
        InvalidRecipientError
    ] * 2


@pytest.mark.parametrize(("dedupe", "taken"), [("", 2), ("1", 1)])
async def test_the_simulator_drops_what_is_there_twice(
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    session: aiohttp.ClientSession,
    dedupe: str,
    taken: int,
) -> None:
    """The client names nobody twice, so it never comes to that."""
    login = aiohttp.encode_basic_auth(simulated.username, simulated.password)
    form = {**PLAIN, "recipients": "33600000001,33600000001", "dedupe": dedupe}

    await session.post(
        f"{simulator.url('envoyer_sms_pro')}message/send",
        data=form,
        headers={"Authorization": login},
    )

    assert len(simulated.accepted) == taken
    assert simulated.credits == 1000 - taken
