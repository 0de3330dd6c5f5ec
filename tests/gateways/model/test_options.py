"""How a message is to be sent: which options are used, and what each may be."""

from datetime import UTC, datetime
import re

import pytest

from custom_components.passerelle_sms.gateways.errors import InvalidOptionError
from custom_components.passerelle_sms.gateways.model.options import (
    OwnOption,
    OwnValue,
    SmsOptions,
    Switch,
    WholeNumber,
    Word,
)

SEND_AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
MAMAN = "+237695688207"


@pytest.mark.parametrize(
    ("options", "used"),
    [
        (SmsOptions(), ()),
        (SmsOptions(send_at=SEND_AT), ("send_at",)),
        (SmsOptions(flash=True), ("flash",)),
        (SmsOptions(voice=True), ("voice",)),
        (SmsOptions(test=True), ("test",)),
        (SmsOptions(tag="citerne"), ("tag",)),
        # An empty one was asked for all the same: the gateway says what it thinks of it.
        (SmsOptions(tag=""), ("tag",)),
        (SmsOptions(stop_mention=True), ("stop_mention",)),
        (SmsOptions(allow_replies=True), ("allow_replies",)),
        (SmsOptions(personalisation={MAMAN: {}}), ("personalisation",)),
        (SmsOptions(personalisation={}), ()),
        # Those of one gateway alone are asked for by its own names.
        (SmsOptions(own={"binary": True}), ()),
        (SmsOptions(test=True, flash=True, tag="x"), ("flash", "test", "tag")),
    ],
)
def test_tells_which_options_are_used(
    options: SmsOptions, used: tuple[str, ...]
) -> None:
    """Those that ask for something."""
    assert options.used == used


def test_names_nobody() -> None:
    """A message may be printed."""
    options = SmsOptions(personalisation={MAMAN: {"nom": "Ngo Bassa"}})

    assert MAMAN not in repr(options)
    assert "Ngo Bassa" not in repr(options)


def test_without_options_two_messages_are_the_same() -> None:
    """Nothing of one gets into the other."""
    assert SmsOptions() == SmsOptions()
    assert SmsOptions().personalisation == {}
    assert SmsOptions().own == {}


SWITCH = Switch()
NUMBER = WholeNumber(lowest=0, highest=15)
WORD = Word(pattern=re.compile(r"[0-9A-F]{2,4}"), allowed="0-9 A-F, 2 – 4")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        (SWITCH, True),
        (SWITCH, False),
        (NUMBER, 0),
        (NUMBER, 7),
        (NUMBER, 15),
        (WORD, "0A"),
        (WORD, "12"),
        (WORD, "FFFF"),
    ],
)
def test_takes_a_value(option: OwnOption, value: OwnValue) -> None:
    """Of the right kind and within the bounds."""
    option.check("binary", value)


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        (SWITCH, 1, "true, false"),
        (SWITCH, 0, "true, false"),
        (SWITCH, "true", "true, false"),
        (NUMBER, -1, "0 – 15"),
        (NUMBER, 16, "0 – 15"),
        (NUMBER, "7", "0 – 15"),
        # In Python a boolean is a number as well.
        (NUMBER, True, "0 – 15"),
        (WORD, "0", "0-9 A-F, 2 – 4"),
        (WORD, "00000", "0-9 A-F, 2 – 4"),
        (WORD, "0G", "0-9 A-F, 2 – 4"),
        (WORD, "0A\n", "0-9 A-F, 2 – 4"),
        (WORD, 12, "0-9 A-F, 2 – 4"),
        (WORD, True, "0-9 A-F, 2 – 4"),
    ],
)
def test_refuses_a_value(option: OwnOption, value: OwnValue, allowed: str) -> None:
    """And says what it may be, in words of no language."""
    with pytest.raises(InvalidOptionError) as raised:
        option.check("binary", value)

    assert raised.value.details == {"option": "binary", "allowed": allowed}
