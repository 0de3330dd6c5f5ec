"""Tests of the judge of months: by records that are written down here."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from .judge import faults
from .record import Asked, Hindered, Hindrance, Kept, Record, Sample, Shown, Told

BEGIN = datetime(2027, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
MAMAN = "+33612345601"


def kept(taken: timedelta, **changes: object) -> Kept:
    """Return a message that was taken for an hour later."""
    usual = Kept(
        account="envoyer_sms_pro",
        number=MAMAN,
        text="SILENCE",
        key="17",
        taken=taken,
        due=BEGIN + taken + HOUR,
        delay=HOUR,
        here=BEGIN + taken,
        promised=HOUR,
    )
    return replace(usual, **changes)  # type: ignore[arg-type] # fields by name


def sample(at: timedelta, *standing: Kept, **changes: object) -> Sample:
    """Return how an armed switch stood."""
    usual = Sample(
        at=at,
        is_armed=True,
        is_alive=True,
        wanted=frozenset({MAMAN}),
        delay=HOUR,
        problems=(),
        fires_at=standing[-1].due if standing else None,
        standing=standing,
        error_here=timedelta(),
        error_there=timedelta(),
    )
    return replace(usual, **changes)  # type: ignore[arg-type] # fields by name


def told(what: str, at: timedelta, **changes: object) -> Told:
    """Return something that the observer heard."""
    usual = Told(at=at, what=what, by_clock_here=BEGIN + at, numbers=frozenset({MAMAN}))
    return replace(usual, **changes)  # type: ignore[arg-type] # fields by name


def month(*messages: Kept, **changes: object) -> Record:
    """Return a month with these messages."""
    usual = Record(
        seed=0,
        length=timedelta(days=1),
        begin=BEGIN,
        gateways=("envoyer_sms_pro",),
        kept=list(messages),
        samples=[sample(MINUTE, *messages[:1])],
    )
    return replace(usual, **changes)  # type: ignore[arg-type] # fields by name


SENT = kept(timedelta(), sent=HOUR)
DEAD = Hindered(by=Hindrance.DEAD, begin=5 * MINUTE, end=2 * HOUR)
FIRED = told(
    "fired", 2 * HOUR, since=BEGIN, until=BEGIN + 2 * HOUR, reason=None, hour=None
)


def test_a_house_that_was_silent_fires() -> None:
    """And tells so."""
    assert faults(month(SENT, hindered=[DEAD], told=[FIRED])) == []


def test_a_house_that_lives_does_not_fire() -> None:
    """However often it says that it was silent."""
    [fault] = faults(month(SENT, told=[FIRED]))
    assert fault.startswith("false alarm")


def test_a_false_alarm_that_was_told_before_is_none() -> None:
    """With its hour, and before it."""
    warning = told(
        "false_alarm_possible", 5 * MINUTE, reason="doubt", hour=BEGIN + HOUR
    )
    lost = Hindered(by=Hindrance.FAULTS, begin=timedelta(), end=6 * MINUTE)
    assert faults(month(SENT, told=[warning], hindered=[lost])) == []
    for wrong in (
        replace(warning, hour=BEGIN + 2 * HOUR),
        replace(warning, at=HOUR + MINUTE),
        replace(warning, numbers=frozenset()),
    ):
        assert faults(month(SENT, told=[wrong], hindered=[lost]))


def test_who_is_only_refused_is_not_silent() -> None:
    """It lives: what stands is to be taken back."""
    refused = Hindered(by=Hindrance.REFUSED, begin=5 * MINUTE, end=2 * HOUR)
    assert faults(month(SENT, hindered=[refused], told=[FIRED]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"told": []}, "not told as fired"),
        ({"told": [replace(FIRED, since=BEGIN - HOUR)]}, "since another time"),
        ({"told": [replace(FIRED, until=BEGIN + 9 * HOUR)]}, "back at another time"),
        ({"told": [FIRED, replace(FIRED, at=3 * HOUR)]}, "again"),
        ({"told": [replace(FIRED, numbers=frozenset({"other"}))]}, "whom nothing"),
        ({"unexplained": ["3"]}, "no known reason"),
        ({"mistakes": ["came to no end"]}, "came to no end"),
        ({"most_standing": [(HOUR, MAMAN, 3)]}, "3 stood"),
        ({"stops": [2 * MINUTE]}, "without a renewal"),
        ({"asked": [Asked(at=MINUTE, operation="send")] * 999}, "requests"),
    ],
)
def test_what_is_wrong_is_found(change: dict[str, object], words: str) -> None:
    """Each in a month that is well otherwise."""
    record = month(SENT, hindered=[DEAD], told=[FIRED])
    assert any(words in fault for fault in faults(replace(record, **change)))  # type: ignore[arg-type] # fields by name


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (sample(3 * MINUTE, fires_at=SENT.due), "nothing stands"),
        (sample(3 * MINUTE, SENT, fires_at=BEGIN), "another hour"),
        (sample(3 * MINUTE, SENT, fires_at=None), "no hour"),
        (sample(3 * MINUTE, SENT, is_armed=False), "left standing"),
        (sample(3 * MINUTE, SENT, wanted=frozenset()), "left standing"),
        (sample(3 * MINUTE, SENT, problems=(Shown(reason="doubt"),)), "without any"),
    ],
)
def test_what_is_shown_wrongly_is_found(wrong: Sample, words: str) -> None:
    """What is shown has to be so."""
    record = month(SENT, hindered=[DEAD], told=[FIRED])
    record.samples.append(wrong)
    assert any(words in fault for fault in faults(record))


def test_the_only_one_is_not_taken_back() -> None:
    """Unless the gateway refuses another one."""
    gone = kept(timedelta(), cancelled=20 * MINUTE)
    after = sample(21 * MINUTE, problems=(Shown(reason="not_renewed"),), fires_at=None)
    record = month(gone)
    record.samples.append(after)
    assert any("only one" in fault for fault in faults(record))
    record.samples[-1] = replace(after, problems=(Shown(reason="refused"),))
    assert not any("only one" in fault for fault in faults(record))


def test_who_dies_at_a_refusal_can_show_nothing() -> None:
    """What stood was taken back, as it is when nothing more can be paid."""
    gone = kept(timedelta(), cancelled=20 * MINUTE)
    record = month(
        gone,
        hindered=[
            Hindered(by=Hindrance.REFUSED, begin=15 * MINUTE, end=HOUR),
            Hindered(by=Hindrance.DEAD, begin=20 * MINUTE, end=HOUR),
        ],
    )
    record.samples.append(sample(61 * MINUTE, fires_at=None))
    assert not any("only one" in fault for fault in faults(record))
    assert any("only one" in fault for fault in faults(replace(record, hindered=[])))


@pytest.mark.parametrize("promised", [HOUR - MINUTE, HOUR + 3 * MINUTE])
def test_an_hour_is_a_delay_away(promised: timedelta) -> None:
    """By the clock of the gateway."""
    record = month(replace(SENT, promised=promised), hindered=[DEAD], told=[FIRED])
    assert any("to be sent in" in fault for fault in faults(record))


def test_what_stands_since_a_trouble_may_be_shown_until_its_hour() -> None:
    """However long that is: a clock that ran ahead has told a late hour."""
    late = kept(timedelta(), due=BEGIN + 9 * HOUR, delay=HOUR)
    shown = Shown(reason="not_cancelled", until=late.due)
    record = month(late, shifts=[timedelta()])
    record.samples.append(sample(8 * HOUR, late, problems=(shown,), fires_at=late.due))
    assert not any("without any" in fault for fault in faults(record))
    record = replace(record, shifts=[])
    assert any("without any" in fault for fault in faults(record))


def test_beside_what_stays_it_is_renewed_later() -> None:
    """Two stand already: the one that can is taken back at two thirds of the delay."""
    stays = kept(-5 * MINUTE, due=BEGIN + 50 * MINUTE, sent=50 * MINUTE)
    late = [Hindered(by=Hindrance.DEAD, begin=32 * MINUTE, end=2 * HOUR)]
    told_of = [told("false_alarm_possible", -5 * MINUTE, hour=stays.due)]
    no_cancel = Hindered(by=Hindrance.NO_CANCEL, begin=-6 * MINUTE, end=-4 * MINUTE)
    record = month(stays, SENT, hindered=[no_cancel, *late], told=[FIRED, *told_of])
    assert not any("false alarm" in fault for fault in faults(record))
    record = month(stays, SENT, hindered=late, told=[FIRED, *told_of])
    assert any("false alarm" in fault for fault in faults(record))


def test_three_may_stand_once_the_gateway_has_set_its_clock_back() -> None:
    """By the time that it told before, the first one was past its hour."""
    record = month(SENT, hindered=[DEAD], told=[FIRED])
    three = replace(record, most_standing=[(HOUR, MAMAN, 3)])
    assert any("3 stood" in fault for fault in faults(three))
    three = replace(three, shifts=[30 * MINUTE])
    assert not any("3 stood" in fault for fault in faults(three))


def test_a_house_that_knows_but_its_own_wrong_clock_can_show_nothing() -> None:
    """Something stood by that clock, and was sent by the right one."""
    behind = sample(3 * MINUTE, fires_at=SENT.due, error_here=-HOUR)
    record = month(SENT, hindered=[DEAD], told=[FIRED])
    record.samples.append(behind)
    assert any("nothing stands" in fault for fault in faults(record))
    record = replace(record, knows_time_there=False)
    assert not any("nothing stands" in fault for fault in faults(record))
