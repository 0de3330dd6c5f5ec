"""When a house could renew and when it could not: pure."""

from collections.abc import Collection
from datetime import timedelta

from .record import Hindrance, Record


def free_time(
    record: Record,
    begin: timedelta,
    end: timedelta,
    of: Collection[Hindrance] = frozenset(Hindrance),
) -> timedelta:
    """Return the longest time between two moments in which nothing hindered the house.

    Only what is in `of` counts.
    """
    begin = max(begin, timedelta())
    longest, free_since = timedelta(), begin
    for one in sorted(record.hindered, key=lambda one: one.begin):
        if one.by not in of:
            continue
        until = record.length if one.end is None else one.end
        if until <= free_since:
            continue
        if one.begin >= end:
            break
        longest = max(longest, one.begin - free_since)
        free_since = max(free_since, until)
    return max(longest, end - free_since)


def is_hindered(
    record: Record, at: timedelta, by: Collection[Hindrance] = frozenset(Hindrance)
) -> bool:
    """Return whether something hindered the house at a moment."""
    return any(
        one.begin <= at and (one.end is None or at <= one.end)
        for one in record.hindered
        if one.by in by
    )


def begun_within(
    record: Record, at: timedelta, within: timedelta, by: Collection[Hindrance]
) -> bool:
    """Return whether something began to hinder it so soon after a moment."""
    return any(
        at <= one.begin <= at + within for one in record.hindered if one.by in by
    )
