"""Where a submission may stand, and where it may go from there.

| from         | to                                                         | when                               |
|--------------|------------------------------------------------------------|------------------------------------|
| waiting      | unknown                                                    | just before its request is made    |
| waiting      | expired, not_sent                                          | out of time; taken back; a part    |
|              |                                                            | before it was not accepted         |
| waiting      | rejected                                                   | our own rules have changed         |
| waiting      | held                                                       | an earlier request may have left   |
| waiting      | planned                                                    | kept here until its hour           |
| waiting      | accepted                                                   | a relay's: an account had taken it |
| planned      | waiting, rejected                                          | its hour has come; not allowed now |
| planned      | expired, not_sent, held                                    | as what waits                      |
| unknown      | accepted, rejected, waiting, held, unknown                 | the answer, or what evidence tells |
| unknown      | not_sent                                                   | a relay's one attempt: not here    |
| held         | accepted, dropped, waiting, not_sent                       | the user's choice, a report        |
| accepted     | not_sent, dropped                                          | the gateway took it back           |

What is under way and what is in doubt are one state: a crash in the middle of a request
leaves it unknown without anybody doing anything. Everything here is pure.
"""

from dataclasses import replace
from enum import Enum
from typing import Final

from ...gateways.outcome import Outcome
from .submission import Notice, Stage, SubmissionRecord


class State(Enum):
    """Where a submission stands: its outcome, and who has the next move."""

    WAITING = Outcome.QUEUED, Stage.OPEN
    PLANNED = Outcome.QUEUED, Stage.PLANNED
    UNKNOWN = Outcome.UNKNOWN, Stage.OPEN
    HELD = Outcome.UNKNOWN, Stage.HELD
    DROPPED = Outcome.UNKNOWN, Stage.CLOSED
    ACCEPTED = Outcome.ACCEPTED, Stage.CLOSED
    REJECTED = Outcome.REJECTED, Stage.CLOSED
    NOT_SENT = Outcome.NOT_SENT, Stage.CLOSED
    EXPIRED = Outcome.EXPIRED, Stage.CLOSED


LEGAL: Final = {
    State.WAITING: {
        State.UNKNOWN,
        State.EXPIRED,
        State.NOT_SENT,
        State.REJECTED,
        State.HELD,
        State.PLANNED,
        State.ACCEPTED,
    },
    State.PLANNED: {
        State.WAITING,
        State.EXPIRED,
        State.NOT_SENT,
        State.REJECTED,
        State.HELD,
    },
    State.UNKNOWN: {
        State.ACCEPTED,
        State.REJECTED,
        State.WAITING,
        State.HELD,
        State.UNKNOWN,
        State.NOT_SENT,
    },
    State.HELD: {State.ACCEPTED, State.DROPPED, State.WAITING, State.NOT_SENT},
    State.ACCEPTED: {State.NOT_SENT, State.DROPPED},
    State.DROPPED: set[State](),
    State.REJECTED: set[State](),
    State.NOT_SENT: set[State](),
    State.EXPIRED: set[State](),
}


class IllegalTransitionError(ValueError):
    """A submission can't go from where it stands to there."""


def state_of(submission: SubmissionRecord) -> State:
    """Return where a submission stands."""
    return State((submission.outcome, submission.stage))


def moved(submission: SubmissionRecord, to: State) -> SubmissionRecord:
    """Return a submission at its next state; raises `IllegalTransitionError`."""
    if to not in LEGAL[state_of(submission)]:
        raise IllegalTransitionError(f"{state_of(submission).name} to {to.name}")
    outcome, stage = to.value
    # That somebody has to choose is to be heard of, whoever waits for an answer.
    notice = Notice.UNANNOUNCED if to is State.HELD else None
    return replace(submission, outcome=outcome, stage=stage, notice=notice)
