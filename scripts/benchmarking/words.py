"""The words of the document, in each of its languages."""

from collections.abc import Mapping
from dataclasses import dataclass

from .goals import Goal


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words in one language, and how it writes numbers."""

    decimal_mark: str
    thousands_mark: str

    title: str
    introduction: str
    machine: str
    """With `{cores}` and other fields of `Machine`."""
    no_file_system: str
    columns: str
    no_syncs: str
    """Why the columns of the syncs are empty."""

    goals_title: str
    goals_text: str
    alert_title: str
    alert_text: str
    journal_title: str
    journal_text: str
    recipients_title: str
    recipients_text: str
    relay_title: str
    relay_text: str

    what: str
    gateway: str
    recipients: str
    milliseconds: str
    milliseconds_each: str
    times_clicksend: str
    syncs: str
    gap: str
    goal: str
    limit: str
    worst: str
    reached: str
    yes: str
    no: str

    subjects: Mapping[str, str]
    """What is no gateway."""
    empty: str
    """With `{gateway}`: an account that has sent nothing before."""
    journal: str
    """With `{gateway}` and `{size}`."""
    awaited: str
    """With `{gateway}` and `{size}`."""
    relay: str
    relay_many: str
    """With `{size}`."""
    goals: Mapping[Goal, str]
    """With `{size}`: the most recipients, or what there is in a long journal."""
    units: Mapping[Goal, str]
    """With `{number}`."""
