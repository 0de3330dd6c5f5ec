"""Writes the document: the same tables in each language, with its words."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from .goals import Goal, Results, Verdict, judge, times_clicksend
from .machine import Machine
from .plan import (
    ALERT_GATEWAYS,
    GATEWAYS,
    IDLE,
    JOURNAL_GATEWAY,
    RELAY_ALERT,
    Case,
    Section,
)
from .samples import Figure, Result
from .words import Words

_UNTOLD = "–"

type Row = Sequence[str]


def render(results: Results, machine: Machine, words: Words) -> str:
    """Return the document, in Markdown."""
    return _Document(results, words).render(machine)


def render_goals(results: Results, words: Words) -> str:
    """Return the table of the goals alone."""
    return _Document(results, words).goals()


class _Document:
    """The document in one language."""

    def __init__(self, results: Results, words: Words) -> None:
        self._results = results
        self._words = words

    def render(self, machine: Machine) -> str:
        words = self._words
        parts = [
            f"# {words.title}",
            words.introduction,
            self._machine(machine),
            f"## {words.goals_title}",
            words.goals_text,
            self.goals(),
            f"## {words.alert_title}",
            words.alert_text,
            self._alerts(),
            f"## {words.journal_title}",
            words.journal_text,
            self._journals(),
            f"## {words.recipients_title}",
            words.recipients_text,
            self._recipients(),
            f"## {words.relay_title}",
            words.relay_text,
            self._relay(),
        ]
        columns = (
            [words.columns] if self._is_counted else [words.columns, words.no_syncs]
        )
        parts[3:3] = columns
        return "\n\n".join(parts) + "\n"

    def goals(self) -> str:
        words = self._words
        heading = (words.goal, words.limit, words.worst, words.reached)
        return _table(heading, map(self._verdict, judge(self._results)), left=1)

    def _machine(self, machine: Machine) -> str:
        described = asdict(machine)
        described["file_system"] = machine.file_system or self._words.no_file_system
        return self._words.machine.format(**described)

    def _alerts(self) -> str:
        words = self._words
        heading = (
            words.what,
            words.milliseconds,
            words.times_clicksend,
            words.syncs,
            words.gap,
        )
        rows = [
            (
                self._subject(result.case),
                self._figure(result.milliseconds),
                self._times_clicksend(result),
                self._syncs(result),
                self._figure(result.gap),
            )
            for result in self._of(Section.ALERT)
        ]
        return _table(heading, rows, left=1)

    def _journals(self) -> str:
        words = self._words
        heading = (words.what, words.milliseconds, words.syncs, words.gap)
        empty = [
            result
            for result in self._of(Section.ALERT)
            if result.case.subject == JOURNAL_GATEWAY
        ]
        rows = [
            (
                self._subject(result.case),
                self._figure(result.milliseconds),
                self._syncs(result),
                self._figure(result.gap),
            )
            for result in (
                *empty,
                *self._of(Section.JOURNAL),
                *self._of(Section.AWAITED),
            )
        ]
        return _table(heading, rows, left=1)

    def _recipients(self) -> str:
        words = self._words
        heading = (
            words.gateway,
            words.recipients,
            words.milliseconds,
            words.milliseconds_each,
            words.syncs,
            words.gap,
        )
        rows = [
            (
                GATEWAYS[result.case.subject],
                self._count(result.case.size),
                self._figure(result.milliseconds),
                self._number(result.milliseconds.median / result.case.size),
                self._syncs(result),
                self._figure(result.gap),
            )
            for result in self._of(Section.RECIPIENTS)
        ]
        return _table(heading, rows, left=1)

    def _relay(self) -> str:
        words = self._words
        heading = (words.what, words.milliseconds, words.syncs, words.gap)
        account = [
            result
            for result in self._of(Section.ALERT)
            if result.case.subject == ALERT_GATEWAYS[0]
        ]
        rows = [
            (
                self._subject(result.case),
                self._figure(result.milliseconds),
                self._syncs(result),
                self._figure(result.gap),
            )
            for result in (*account, *self._of(Section.RELAY))
        ]
        return _table(heading, rows, left=1)

    def _verdict(self, verdict: Verdict) -> Row:
        words = self._words
        reached = {True: words.yes, False: words.no, None: _UNTOLD}
        return (
            words.goals[verdict.goal].format(**self._sizes()),
            self._with_unit(verdict.goal, verdict.limit),
            self._with_unit(verdict.goal, verdict.measured),
            reached[verdict.is_reached],
        )

    def _times_clicksend(self, result: Result) -> str:
        if result.case.subject == IDLE:
            return _UNTOLD
        return self._number(times_clicksend(self._results, result))

    def _with_unit(self, goal: Goal, number: float | None) -> str:
        if number is None:
            return _UNTOLD
        return self._words.units[goal].format(number=self._number(number))

    def _sizes(self) -> dict[str, str]:
        """Return the sizes that the goals name."""
        recipients = sorted({one.case.size for one in self._of(Section.RECIPIENTS)})
        fewer, most = [0, 0, *recipients][-2:]
        return {
            "recipients": self._count(most),
            "fewer": self._count(fewer),
            "journal": self._largest(Section.JOURNAL),
            "awaited": self._largest(Section.AWAITED),
        }

    def _largest(self, section: Section) -> str:
        return self._count(max((one.case.size for one in self._of(section)), default=0))

    def _subject(self, case: Case) -> str:
        words = self._words
        if case.section is Section.RELAY:
            pattern = words.relay if case == RELAY_ALERT else words.relay_many
            return pattern.format(size=self._count(case.size))
        if case.subject in words.subjects:
            return words.subjects[case.subject]
        patterns = {Section.JOURNAL: words.journal, Section.AWAITED: words.awaited}
        return patterns.get(case.section, words.empty).format(
            gateway=GATEWAYS[case.subject], size=self._count(case.size)
        )

    @property
    def _is_counted(self) -> bool:
        return any(result.syncs is not None for result in self._results.values())

    def _of(self, section: Section) -> list[Result]:
        return [
            result for case, result in self._results.items() if case.section is section
        ]

    def _syncs(self, result: Result) -> str:
        return _UNTOLD if result.syncs is None else self._figure(result.syncs)

    def _figure(self, figure: Figure) -> str:
        """Return the median, and between what it stands if not all were the same."""
        median, lowest, highest = map(
            self._number, (figure.median, figure.lowest, figure.highest)
        )
        return median if lowest == highest else f"{median} ({lowest}–{highest})"

    def _number(self, number: float | None) -> str:
        """Return a number with as many decimals as say something."""
        if number is None:
            return _UNTOLD
        if number == round(number) or number >= 100:
            return self._count(round(number))
        decimals = 1 if number >= 10 else 2
        return f"{number:.{decimals}f}".replace(".", self._words.decimal_mark)

    def _count(self, number: int) -> str:
        return f"{number:,}".replace(",", self._words.thousands_mark)


def _table(heading: Row, rows: Iterable[Row], *, left: int) -> str:
    """Return a table in Markdown; all columns but the first `left` stand on the right."""
    rule = ["---" if column < left else "--:" for column in range(len(heading))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heading, rule, *rows))
