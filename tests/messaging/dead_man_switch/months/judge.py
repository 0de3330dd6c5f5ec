"""Says what of a month is not as it was promised: pure, by its record alone."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from .hindrances import begun_within, free_time, is_hindered
from .record import Hindrance, Kept, Record, Sample, Shown, Told

PARIS = ZoneInfo("Europe/Paris")
SLACK = timedelta(seconds=61)
"""Gateways know whole minutes."""
INSTANT = timedelta(seconds=5)
_MOMENT = timedelta(microseconds=1)
_HOUR = timedelta(hours=1)
_NEARLY_APART = timedelta(minutes=4)
"""By so much clocks differ at least, if that is shown."""
_SAYS_NOTHING_STANDS = frozenset(
    {"refused", "no_account", "nobody", "not_renewed", "sent_early"}
)
_SAYS_FALSE_ALARM = frozenset({"not_cancelled", "doubt", "sent_early", "restored"})


def faults(record: Record) -> list[str]:
    """Return what was not as it was promised, each in a sentence; nothing if all was."""
    return [
        *_mistakes(record),
        *_false_alarms(record),
        *_wrong_hours(record),
        *_nobody_told(record),
        *_only_one_taken_back(record),
        *_stopped_without_renewal(record),
        *_left_standing(record),
        *_fired_wrongly(record),
        *_not_told_as_fired(record),
        *_told_for_nothing(record),
        *_too_many_requests(record),
    ]


def patience(delay: timedelta) -> timedelta:
    """Return how long a house that can may take until it has done what it must."""
    return min(timedelta(minutes=5), delay / 6) + timedelta(minutes=3)


def _mistakes(record: Record) -> Iterator[str]:
    for at, _, count in record.most_standing:
        if is_hindered(record, at, {Hindrance.NO_CANCEL}):
            # It says that it takes back what it leaves standing.
            continue
        if _was_set_lately(record, at):
            # By the clock that was told, one of them was past its hour.
            continue
        yield f"{count} stood for one number at {at}"
    for missing in record.unexplained if not record.is_spent_elsewhere else ():
        yield f"the balance fell by {missing} for no known reason"
    for mistake in record.mistakes:
        yield f"mistake: {mistake}"


# --- whether it fired only when the house was silent --------------------------------------


def _false_alarms(record: Record) -> Iterator[str]:
    for kept in record.kept:
        if kept.sent is None or _is_silence(record, kept):
            continue
        if is_hindered(record, kept.taken, {Hindrance.NO_CANCEL}):
            continue
        if not is_announced(record, kept):
            yield f"false alarm at {kept.sent}, taken at {kept.taken}, {kept.account}"


def _is_silence(record: Record, kept: Kept) -> bool:
    """Return whether the house could neither replace it nor take it back in time."""
    assert kept.sent is not None
    last = _last_sample(record, kept.sent)
    is_wanted = last is not None and last.is_armed and kept.number in last.wanted
    later = [
        other.taken
        for other in record.kept
        if other.number == kept.number and kept.taken < other.taken < kept.sent
    ]
    share = 2 if _cannot_be_joined(record, kept) else 1
    due = min([kept.taken + share * kept.delay / 3, *later])
    if not is_wanted:
        changes = [one for one in record.changes if kept.taken <= one <= kept.sent]
        due = min([due, *changes])
    elif not later and kept.sent < kept.taken + kept.delay - 2 * SLACK - _gaps(record):
        return False
    # Who is only refused can take it back, or knows and says that it can't.
    hindrances = frozenset(Hindrance) - {Hindrance.REFUSED}
    return free_time(record, due, kept.sent, hindrances) < patience(kept.delay)


def _cannot_be_joined(record: Record, kept: Kept) -> bool:
    """Return whether one that can't be taken back stood beside it: a third may not."""
    return any(
        other.number == kept.number
        and other.cancelled is None
        and other.taken < kept.taken
        and (other.sent is None or other.sent > kept.taken + kept.delay / 3)
        and is_hindered(record, other.taken, {Hindrance.NO_CANCEL})
        for other in record.kept
    )


def _gaps(record: Record) -> timedelta:
    """Return by how much clocks may have been set while something stood."""
    if record.shifts or not record.knows_time_there:
        return timedelta(days=1000)
    return timedelta()


def is_announced(record: Record, kept: Kept) -> bool:
    """Return whether it was told, or shown, before that this might be sent."""
    assert kept.sent is not None
    for told in record.told:
        if told.what != "false_alarm_possible" or told.at > kept.sent:
            continue
        if kept.number in told.numbers and told.hour is not None:
            early = kept.due - told.hour
            if early <= _blur(kept) and (
                told.reason == "restored" or early >= -INSTANT
            ):
                return True
    return any(
        shown.reason in _SAYS_FALSE_ALARM
        for sample in record.samples
        if kept.taken <= sample.at <= kept.sent
        for shown in sample.problems
        if shown.until is None or abs(shown.until - kept.due) <= _blur(kept)
    )


def _blur(kept: Kept) -> timedelta:
    """Return how much later than asked for a gateway may send."""
    local = kept.due.astimezone(PARIS)
    before = (kept.due - timedelta(hours=2)).astimezone(PARIS)
    is_back = local.utcoffset() != before.utcoffset() and local.hour == 3
    return SLACK + _HOUR * is_back


def _wrong_hours(record: Record) -> Iterator[str]:
    """Yield what is to be sent too early or too late, by the clock of its gateway."""
    for kept in record.kept:
        if _was_set_unseen(record, kept):
            continue
        behind = timedelta() if record.knows_time_there else min(kept.gap, timedelta())
        if kept.promised < kept.delay + behind - INSTANT:
            yield f"taken at {kept.taken}, to be sent in only {kept.promised}"
        if len(record.gateways) > 1 and _was_set_lately(record, kept.taken):
            # The other one may have told the time before that.
            continue
        ahead = max(kept.gap, timedelta())
        if kept.promised > kept.delay + ahead + _blur(kept) + INSTANT:
            yield f"taken at {kept.taken}, to be sent in {kept.promised}"


def _was_set_unseen(record: Record, kept: Kept) -> bool:
    """Return whether a clock was set since the account has last told the time."""
    before = [
        one.taken
        for one in record.kept
        if one.account == kept.account and one.taken < kept.taken
    ]
    begin = max(before, default=timedelta(-1))
    return any(begin <= one <= kept.taken for one in record.shifts)


# --- whether whoever should be told is told ------------------------------------------------


def _nobody_told(record: Record) -> Iterator[str]:
    for sample in record.samples:
        shown = {one.reason for one in sample.problems}
        if not sample.is_armed or shown & _SAYS_NOTHING_STANDS:
            continue
        if not record.knows_time_there and _are_apart(sample):
            # By the clock of the house it stands yet.
            continue
        for number in sample.wanted - {one.number for one in sample.standing}:
            yield f"nothing stands for {number[-2:]} at {sample.at}, and nothing is shown"
        if sample.fires_at is None:
            yield f"armed at {sample.at}, but no hour is shown"
        elif not any(
            -INSTANT <= one.due - sample.fires_at <= _blur(one)
            for one in sample.standing
        ):
            yield f"at {sample.at} another hour is shown than what stands has"


def _are_apart(sample: Sample) -> bool:
    """Return whether the clocks of the house and the gateway may be shown to differ."""
    return abs(sample.error_here - sample.error_there) > _NEARLY_APART


def _stands_at(record: Record, number: str, at: timedelta) -> bool:
    """Return whether something stood for a number then, after all that happened then."""
    return any(
        one.number == number
        and one.taken <= at
        and (one.sent is None or one.sent >= at)
        and (one.cancelled is None or one.cancelled > at)
        for one in record.kept
    )


def _only_one_taken_back(record: Record) -> Iterator[str]:
    """Yield when nothing was left for somebody, though nobody had refused anything."""
    for kept in record.kept:
        at = kept.cancelled
        if at is None or _stands_at(record, kept.number, at) or kept.is_of_proof:
            continue
        if is_hindered(record, at, {Hindrance.NO_BUDGET, Hindrance.NO_ACCOUNT}):
            continue
        if _died_refused(record, at):
            continue
        before, after = _last_sample(record, at - _MOMENT), _next_sample(record, at)
        if any(
            sample is None or not sample.is_armed or kept.number not in sample.wanted
            for sample in (before, after)
        ):
            continue
        assert before is not None
        stood = [one for one in before.standing if one.number == kept.number]
        shown = {one.reason for one in after.problems} if after else set()
        if any(one.reason == "doubt" for one in before.problems):
            # It has made room, as what is in doubt can't be taken back.
            continue
        if stood and not shown & {"refused", "no_account", "nobody"}:
            yield f"the only one was taken back at {at}"


def _died_refused(record: Record, at: timedelta) -> bool:
    """Return whether the house was refused, and died before it could say so."""
    return is_hindered(record, at, {Hindrance.REFUSED}) and begun_within(
        record, at, INSTANT, {Hindrance.DEAD}
    )


def _stopped_without_renewal(record: Record) -> Iterator[str]:
    for at in record.stops:
        sample = _last_sample(record, at)
        if sample is None or not sample.is_armed or sample.problems:
            continue
        if any(one <= at <= one + _HOUR + SLACK for one in record.crowded):
            continue
        if free_time(record, at - INSTANT, at) < INSTANT:
            continue
        for number in sample.wanted:
            if not any(one.taken == at for one in record.kept if one.number == number):
                yield f"stopped at {at} without a renewal"


def _next_sample(record: Record, at: timedelta) -> Sample | None:
    return next((one for one in record.samples if one.at > at), None)


def _left_standing(record: Record) -> Iterator[str]:
    """Yield what stands although it is disarmed, or for somebody who isn't wanted."""
    for sample in record.samples:
        shown = {one.reason for one in sample.problems}
        for kept in sample.standing:
            is_wanted = sample.is_armed and kept.number in sample.wanted
            if is_wanted or shown & _SAYS_FALSE_ALARM:
                continue
            if sample.at - kept.taken > INSTANT and not _is_unknown(record, kept):
                yield f"left standing at {sample.at}, taken at {kept.taken}"


# --- whether it was told right that it fired ----------------------------------------------


def _fired(record: Record) -> list[Told]:
    return [told for told in record.told if told.what == "fired"]


def _fired_wrongly(record: Record) -> Iterator[str]:
    fired = _fired(record)
    for before, told in pairwise([None, *fired]):
        begin = timedelta(-1) if before is None else before.at
        assert told is not None
        assert told.since is not None
        assert told.until is not None
        sent = [
            one
            for one in record.kept
            if one.sent is not None
            and one.sent <= told.at
            and one.number in told.numbers
        ]
        if {one.number for one in sent if one.sent >= begin - _HOUR} != told.numbers:  # type: ignore[operator] # it was sent
            yield f"told at {told.at} that it fired for somebody whom nothing was sent"
        if told.until > told.by_clock_here + SLACK and not record.shifts:
            yield f"told at {told.at} to be back at another time"
        if record.shifts:
            continue
        if not any(abs(one.here - told.since) <= SLACK for one in sent):
            yield f"told at {told.at} to be silent since another time"
        if (
            before is not None
            and before.until is not None
            and told.since < before.until - SLACK
            and told.numbers & before.numbers
        ):
            yield f"told at {told.at} again that it fired at the same silence"


def _not_told_as_fired(record: Record) -> Iterator[str]:
    for kept in record.kept:
        if kept.sent is None or _is_unknown(record, kept):
            continue
        told = [
            one
            for one in _fired(record)
            if one.at >= kept.sent and kept.number in one.numbers
        ]
        if told or is_announced(record, kept):
            continue
        if free_time(record, kept.sent, record.length) > kept.delay + patience(
            kept.delay
        ):
            yield f"sent at {kept.sent}, taken at {kept.taken}, and not told as fired"


def _is_unknown(record: Record, kept: Kept) -> bool:
    """Return whether the row may not know it, or not for certain."""
    if any(kept.taken <= one for one in record.restores):
        return True
    if kept.account == "sms123" and _was_replaced(record, kept):
        # It tells nobody whether what was being taken back was sent.
        return True
    if is_hindered(record, kept.taken, {Hindrance.FAULTS, Hindrance.NO_CANCEL}):
        return True
    return begun_within(record, kept.taken, INSTANT, {Hindrance.DEAD})


def _was_replaced(record: Record, kept: Kept) -> bool:
    assert kept.sent is not None
    return any(
        kept.taken < one.taken <= kept.sent and one.number == kept.number
        for one in record.kept
    )


# --- whether nothing is told, shown, or asked for without a reason ------------------------


def _told_for_nothing(record: Record) -> Iterator[str]:
    for told in record.told:
        if told.what in {"false_alarm_possible", "renewed_late"}:
            if not _was_trouble(record, told.at):
                yield f"{told.what} told at {told.at} without any trouble"
    for sample in record.samples:
        if sample.problems and not _was_trouble(record, sample.at):
            reasons = {
                one.reason
                for one in sample.problems
                if not _still_stands(record, sample, one)
            }
            if not sample.wanted:
                reasons.discard("nobody")
            if _are_apart(sample) or _was_set_lately(record, sample.at):
                reasons.discard("clock")
            if not reasons:
                continue
            yield f"{reasons} shown at {sample.at} without any trouble"


def _still_stands(record: Record, sample: Sample, shown: Shown) -> bool:
    """Return whether it is said of what has stood since there was trouble."""
    return shown.until is not None and any(
        abs(shown.until - kept.due) <= _blur(kept) and _was_trouble(record, kept.taken)
        for kept in sample.standing
    )


def _was_set_lately(record: Record, at: timedelta) -> bool:
    """Return whether an account that is asked nothing may not know the time yet."""
    return any(timedelta() <= at - one <= timedelta(days=1) for one in record.shifts)


def _was_trouble(record: Record, at: timedelta) -> bool:
    begin = at - 2 * max(one.delay for one in record.samples)
    moments = [*record.shifts, *record.restores, *record.crowded]
    return (
        is_hindered(record, at)
        or free_time(record, begin, at) < at - max(begin, timedelta())
        or any(begin <= one <= at for one in moments)
    )


def _too_many_requests(record: Record) -> Iterator[str]:
    """Yield the hours in which more was asked than was said before, but for failures."""
    asked = [one.at for one in record.asked]
    begin = 0
    for end, at in enumerate(asked):
        while asked[begin] <= at - _HOUR:
            begin += 1
        count = end + 1 - begin
        if count > _allowed(record, at - _HOUR, at):
            yield f"{count} requests in the hour until {at}"
            return


def _allowed(record: Record, begin: timedelta, end: timedelta) -> int:
    last = _samples(record, begin - _HOUR, end) or record.samples[:1]
    lanes = 1
    if "sms123" in record.gateways:
        lanes = max(len(one.wanted) for one in last) or 1
    delay = min(one.delay for one in last)
    usual = 2 * lanes * (_HOUR // (delay / 3) + 1)
    moments = [*record.starts, *record.shifts, *record.changes]
    extra = sum(begin - INSTANT <= one <= end + INSTANT for one in moments)
    stops = sum(begin <= one.begin <= end for one in record.hindered)
    failures = 0
    if free_time(record, begin, end) < end - begin:
        tries = timedelta(minutes=65) // min(timedelta(minutes=5), delay / 6) + 4
        failures = 2 * lanes * tries * len(record.gateways)
    return usual + 4 * lanes + 4 * lanes * (extra + stops) + failures


def _samples(record: Record, begin: timedelta, end: timedelta) -> Sequence[Sample]:
    return [one for one in record.samples if begin <= one.at <= end]


def _last_sample(record: Record, at: timedelta) -> Sample | None:
    before = [one for one in record.samples if one.at <= at]
    return before[-1] if before else None
