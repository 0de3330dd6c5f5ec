"""Which submission a report is about, and which it is not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.model.delivery import DeliveryReport
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import DeliveryState
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.messaging.tracking.age import Ages
from custom_components.passerelle_sms.messaging.tracking.pending_deliveries import (
    PendingDeliveries,
)
from custom_components.passerelle_sms.messaging.tracking.poller import HORIZON
from tests.conftest import MAMAN, PAPA
from tests.messaging.fake_clock import START, FakeClock
from tests.messaging.fake_gateways import DELIVERED, UNDELIVERED, report

MINUTE = timedelta(minutes=1)


def accepted(
    number: str = MAMAN,
    submission_id: str | None = "id-1",
    *,
    sending_id: str | None = None,
    delivery: DeliveryState | None = DeliveryState(),
) -> SubmissionRecord:
    """Return a submission that a gateway has taken."""
    return SubmissionRecord(
        recipient=Recipient(number=number),
        outcome=Outcome.ACCEPTED,
        stage=Stage.CLOSED,
        submission_id=submission_id,
        sending_id=sending_id,
        attempts=1,
        attempted=START,
        delivery=delivery,
    )


def doubtful(number: str = MAMAN, *, stage: Stage = Stage.OPEN) -> SubmissionRecord:
    """Return a submission that may have left."""
    return SubmissionRecord(
        recipient=Recipient(number=number),
        outcome=Outcome.UNKNOWN,
        stage=stage,
        attempts=1,
        attempted=START,
    )


def message(
    *submissions: SubmissionRecord,
    message_id: str = "message",
    options: SmsOptions = SmsOptions(),
) -> MessageRecord:
    """Return a message of these submissions."""
    return MessageRecord(
        message_id=message_id,
        created=START - MINUTE,
        time_to_live=timedelta(hours=1),
        text="Alerte",
        sender=None,
        encoding=Encoding.GSM7,
        segments=1,
        options=options,
        submissions=Submissions(submissions),
    )


def no_deliveries(
    id_key: Callable[[str], str] = str, clock: FakeClock | None = None
) -> PendingDeliveries:
    """Return what is awaited of no message."""
    return PendingDeliveries(Ages(clock or FakeClock()), id_key)


def awaiting(
    *records: MessageRecord, clock: FakeClock | None = None
) -> PendingDeliveries:
    """Return what is awaited of these messages."""
    awaited = no_deliveries(clock=clock)
    for record in records:
        awaited.follow(record, record.submissions)
    return awaited


# --- what is awaited ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("submission", "is_awaited"),
    [
        (accepted(), True),
        (accepted(submission_id=None), True),
        (accepted(delivery=None), False),
        (accepted(delivery=DeliveryState(status=DELIVERED)), False),
        (doubtful(), True),
        (doubtful(stage=Stage.HELD), True),
        (doubtful(stage=Stage.CLOSED), False),
        (SubmissionRecord(recipient=Recipient(number=MAMAN)), False),
        (
            SubmissionRecord(
                recipient=Recipient(number=MAMAN), outcome=Outcome.REJECTED
            ),
            False,
        ),
    ],
)
def test_what_is_awaited(submission: SubmissionRecord, is_awaited: bool) -> None:
    """Of what was taken, as long as it has not ended; and proof, where there is doubt."""
    awaited, record = no_deliveries(), message(submission)

    assert bool(awaited.follow(record, record.submissions)) is is_awaited
    assert len(awaited) == is_awaited
    assert [one.may_have_left for one in awaited] == [
        submission.delivery is None
    ] * is_awaited


def test_it_is_taken_up_once() -> None:
    """Whoever tells of it again changes nothing but what is known."""
    awaited = awaiting(message(accepted()))
    [one] = awaited
    awaited.schedule.set(one.key, MINUTE)

    known = DeliveryState(code="55")
    submission = accepted(delivery=known)
    assert not awaited.follow(message(submission), [submission])

    assert [*awaited] == [replace(one, delivery=known)]
    assert awaited.schedule.get(one.key) == MINUTE


@pytest.mark.parametrize("submission_id", ["id-1", None])
def test_it_is_accepted(submission_id: str | None) -> None:
    """So it is taken up anew, whether there is an id now or not."""
    awaited = awaiting(message(doubtful()))

    submission = accepted(submission_id=submission_id)
    [one] = awaited.follow(message(submission), [submission])

    assert [*awaited] == [one]
    assert (one.sent.submission_id, one.may_have_left) == (submission_id, False)


def test_what_is_awaited_of_one_message() -> None:
    """And of no other."""
    awaited = awaiting(
        message(accepted(), accepted(PAPA, "id-2"), message_id="one"),
        message(accepted(submission_id="id-3"), message_id="other"),
    )

    assert [one.key for one in awaited.of("one")] == [("one", MAMAN), ("one", PAPA)]
    assert awaited.of("none") == ()


# --- by id --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "is_about_it"),
    [
        (report("id-1", MAMAN), True),
        # Without the country code, or with what stands before it.
        (report("id-1", "695688207"), True),
        (report("id-1", "00237695688207"), True),
        (report("id-1", PAPA), False),
        (report("id-1", "5688207"), False),
        (report("id-1", "695688208"), False),
        (report("id-1", "225795688207"), False),
        (report("id-1", ""), False),
        (report("id-2", MAMAN), False),
        (report("ID-1", MAMAN), False),
        (report(None, MAMAN), False),
        (report("", MAMAN), False),
    ],
)
def test_its_id_and_its_number(told: DeliveryReport, is_about_it: bool) -> None:
    """Both must be right: nothing else proves who is meant."""
    awaited = awaiting(message(accepted()))

    assert (awaited.match(told) is not None) is is_about_it


@pytest.mark.parametrize(
    ("known", "told", "is_about_it"),
    [("id-1", "ID-1", True), ("ID-1", "id-1", True), ("-", " ", False)],
)
def test_ids_as_the_gateway_compares_them(
    known: str, told: str, is_about_it: bool
) -> None:
    """By what they are but for the writing; one of which nothing is left is no other."""
    awaited = no_deliveries(lambda one: one.lower().strip(" -"))
    submission = accepted(submission_id=known)
    awaited.follow(message(submission), [submission])

    assert (awaited.match(report(told, MAMAN)) is not None) is is_about_it


def test_one_id_for_all_recipients() -> None:
    """The number tells which."""
    awaited = awaiting(message(accepted(), accepted(PAPA)))

    found = awaited.match(report("id-1", PAPA))

    assert found is not None
    assert found.key == ("message", PAPA)


@pytest.mark.parametrize(
    ("known", "sending_id", "is_about_it"),
    [
        ("sending", "sending", True),
        # Its own id is known, and is another one.
        ("id-1", "sending", False),
        ("sending", "other", False),
        ("sending", None, False),
    ],
)
def test_the_id_of_its_request(
    known: str, sending_id: str | None, is_about_it: bool
) -> None:
    """It counts where the gateway has told no other one."""
    awaited = awaiting(message(accepted(submission_id=known, sending_id="sending")))
    told = replace(report("id-9", MAMAN), sending_id=sending_id)

    assert (awaited.match(told) is not None) is is_about_it


@pytest.mark.parametrize(
    ("told", "number", "is_about_it"),
    [
        ("sending", MAMAN, True),
        (None, MAMAN, True),
        ("sending", PAPA, False),
        # Its own id is told, and is another one.
        ("id-9", MAMAN, False),
    ],
)
def test_a_report_that_tells_only_the_request(
    told: str | None, number: str, is_about_it: bool
) -> None:
    """With the number that is enough, though an id of its own is known."""
    awaited = awaiting(message(accepted(submission_id="id-1", sending_id="sending")))
    of_request = replace(
        report("id-9", number), submission_id=told, sending_id="sending"
    )

    assert (awaited.match(of_request) is not None) is is_about_it


def test_a_report_that_tells_only_the_request_of_another_message() -> None:
    """One number in two requests: the id tells which is meant, by its time, too."""
    awaited = awaiting(
        message(accepted(submission_id="id-1", sending_id="first"), message_id="one"),
        message(accepted(submission_id="id-2", sending_id="second"), message_id="two"),
        message(doubtful(), message_id="three"),
    )
    told = replace(report("second", MAMAN, at=START), sending_id="second")

    found = awaited.match(told)

    assert found is not None
    assert found.key == ("two", MAMAN)
    assert awaited.match_by_time(told) is None


@pytest.mark.parametrize(
    ("submission_id", "sending_id", "is_about_it"),
    [
        ("id-1", "sending", True),
        ("id-1", None, True),
        ("sending", "sending", False),
        (None, None, False),
    ],
)
@pytest.mark.parametrize("is_told_by_number", [False, True])
def test_a_report_without_a_number(
    submission_id: str | None,
    sending_id: str | None,
    is_about_it: bool,
    is_told_by_number: bool,
) -> None:
    """The message's own id is enough where no stranger can tell one."""
    awaited = PendingDeliveries(
        Ages(FakeClock()), str, is_told_by_number=is_told_by_number
    )
    record = message(
        accepted(MAMAN, "id-1", sending_id="sending"),
        accepted(PAPA, "id-2", sending_id="sending"),
    )
    awaited.follow(record, record.submissions)
    told = replace(
        report("id-9", ""), submission_id=submission_id, sending_id=sending_id
    )

    found = awaited.match(told)

    assert (found is not None) is (is_about_it and not is_told_by_number)
    assert found is None or found.sent.recipient == MAMAN


def test_an_id_that_is_one_of_a_request_elsewhere() -> None:
    """Only the id of its own request counts."""
    awaited = awaiting(message(accepted(submission_id="id-1", sending_id="sending")))
    told = replace(report("id-9", MAMAN), sending_id="id-1")

    assert awaited.match(told) is None


def test_neither_has_an_id_of_the_request() -> None:
    """That proves nothing."""
    assert awaiting(message(accepted())).match(report("id-9", MAMAN)) is None


def test_what_has_ended_is_remembered() -> None:
    """The same may be told twice, and something else that is news."""
    awaited = awaiting(message(accepted()))
    ended = DeliveryState(status=UNDELIVERED)
    for delivery in (ended, replace(ended, is_announced=True)):
        submission = accepted(delivery=delivery)
        awaited.follow(message(submission), [submission])

    found = awaited.match(report("id-1", MAMAN))

    assert len(awaited) == 0
    assert found is not None
    assert found.delivery == replace(ended, is_announced=True)


def test_what_has_ended_is_awaited_again() -> None:
    """If it is told that it is on its way after all."""
    awaited = awaiting(message(accepted(delivery=DeliveryState(status=UNDELIVERED))))
    assert len(awaited) == 0

    [one] = awaited.follow(message(accepted()), [accepted()])

    assert [*awaited] == [*awaited.of("message")] == [one]
    assert len(awaited) == 1


def test_a_thousand_that_have_ended_are_remembered() -> None:
    """Whoever is told of more than that must not fill the memory."""
    awaited = no_deliveries()
    for number in range(1002):
        to, one = f"+2376956{number:05}", f"id-{number}"
        for delivery in (DeliveryState(), DeliveryState(status=DELIVERED)):
            submission = accepted(to, one, delivery=delivery)
            awaited.follow(message(submission, message_id=one), [submission])
    # Two to the same number: the one that is forgotten leaves the other alone.
    same = [accepted("+237695600002", f"same-{number}") for number in range(2)]
    awaited.follow(message(same[0], message_id="same"), [same[0]])
    ended = replace(same[1], delivery=DeliveryState(status=DELIVERED))
    for submission in (same[1], ended):
        awaited.follow(message(submission, message_id="other"), [submission])

    def knows(number: int) -> bool:
        told = report(f"id-{number}", f"+2376956{number:05}")
        return awaited.match(told) is not None

    assert [knows(number) for number in (0, 1, 2, 3, 1001)] == [
        False,
        False,
        False,
        True,
        True,
    ]
    assert awaited.match(report("same-0", "+237695600002")) is not None
    assert awaited.match(report("same-1", "+237695600002")) is not None


def test_what_is_no_more_is_forgotten() -> None:
    """Nothing is awaited of it, whatever was known."""
    awaited = awaiting(message(accepted()))
    [one] = awaited

    awaited.schedule.set(one.key, MINUTE)

    awaited.forget(one.key)
    awaited.forget(one.key)

    assert len(awaited) == 0
    assert awaited.schedule.first() is None
    assert not awaited.is_awaited(one.message_id)


# --- by time ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "number", "fits"),
    [
        (0, MAMAN, True),
        (-2, MAMAN, True),
        (60, MAMAN, True),
        (-2.1, MAMAN, False),
        (60.1, MAMAN, False),
        (0, PAPA, False),
        (0, "+225795688207", False),
        (None, MAMAN, False),
    ],
)
def test_without_an_id_its_number_and_its_time(
    minutes: float | None, number: str, fits: bool
) -> None:
    """A report from before it was sent, or from long after it, is about another one."""
    at = None if minutes is None else START + minutes * MINUTE
    awaited = awaiting(message(doubtful()))

    found = awaited.match_by_time(report("id-9", number, at=at))

    assert (found is not None) is fits


@pytest.mark.parametrize(
    ("submission", "fits"),
    [
        (doubtful(), True),
        (doubtful(stage=Stage.HELD), True),
        (accepted(submission_id=None), True),
        (accepted(submission_id="sending", sending_id="sending"), False),
        (accepted(submission_id="id-1"), False),
    ],
)
def test_only_what_has_no_id_is_found_by_its_time(
    submission: SubmissionRecord, fits: bool
) -> None:
    """The id of any other says that the report is about something else."""
    awaited = awaiting(message(submission))

    assert (awaited.match_by_time(report("id-9", MAMAN, at=START)) is not None) is fits


def test_two_that_fit() -> None:
    """Nobody can tell which is meant."""
    awaited = awaiting(
        message(doubtful(), message_id="one"), message(doubtful(), message_id="other")
    )

    assert awaited.match_by_time(report("id-9", MAMAN, at=START)) is None


@pytest.mark.parametrize(
    "unnamed",
    [
        # Dropped by the user, settled by the balance, without a report so far.
        doubtful(stage=Stage.CLOSED),
        accepted(submission_id=None, delivery=None),
        accepted(submission_id=None),
        # The first of two has no id that is known.
        replace(accepted(), attempts=2),
        replace(doubtful(), outcome=Outcome.QUEUED, resent=True),
        # Taken back, and told of all the same.
        replace(accepted(delivery=None), outcome=Outcome.NOT_SENT),
    ],
)
def test_late_news_of_something_else(unnamed: SubmissionRecord) -> None:
    """It settles no doubt, however long after that was sent; but a week."""
    clock = FakeClock()
    awaited = awaiting(message(unnamed, message_id="earlier"), clock=clock)
    clock.tick(HORIZON - MINUTE)
    now = clock.now()
    later = replace(doubtful(), attempted=now)
    awaited.follow(message(later), [later])

    assert awaited.match_by_time(report("id-9", MAMAN, at=now)) is None
    # From before that was sent it is no news of it.
    earlier = report("id-9", MAMAN, at=now - 2 * MINUTE)
    assert awaited.match_by_time(earlier) is None
    clock.tick(MINUTE)
    found = awaited.match_by_time(report("id-9", MAMAN, at=now))
    assert found is not None
    assert found.key == ("message", MAMAN)


@pytest.mark.parametrize(
    "other",
    [
        accepted(),
        accepted(submission_id=None, delivery=DeliveryState(status=DELIVERED)),
        accepted(PAPA, None),
        # It never left.
        replace(doubtful(), outcome=Outcome.QUEUED, attempts=0),
        # It was sent long after the time that is told.
        replace(accepted(submission_id=None), attempted=START + 10 * MINUTE),
    ],
)
def test_what_it_cannot_be_news_of(other: SubmissionRecord) -> None:
    """The doubt is settled."""
    awaited = awaiting(message(doubtful()), message(other, message_id="other"))

    assert awaited.match_by_time(report("id-9", MAMAN, at=START)) is not None


def test_what_was_sent_again_may_be_told_of_from_the_first_time() -> None:
    """Whenever it was accepted in the end."""
    again = replace(accepted(), attempts=2, attempted=START + 30 * MINUTE)
    first = message(doubtful(), message_id="again")
    awaited = awaiting(first, message(doubtful()))
    awaited.follow(replace(first, submissions=Submissions([again])), [again])

    assert awaited.match_by_time(report("id-9", MAMAN, at=START)) is None


@pytest.mark.parametrize("delivery", [DeliveryState(), DeliveryState(status=DELIVERED)])
def test_the_id_of_another_message(delivery: DeliveryState) -> None:
    """It is about that one, whatever number it names: it proves nothing here."""
    other = message(accepted(PAPA, "id-2"), message_id="other")
    ended = message(accepted(PAPA, "id-2", delivery=delivery), message_id="other")
    awaited = awaiting(message(doubtful()), other, ended)

    assert awaited.match_by_time(report("id-2", MAMAN, at=START)) is None
    assert awaited.match_by_time(report("id-3", MAMAN, at=START)) is not None


def test_an_id_of_the_same_message() -> None:
    """One may stand for all of its recipients."""
    awaited = awaiting(message(doubtful(), accepted(PAPA, "id-2")))

    assert awaited.match_by_time(report("id-2", MAMAN, at=START)) is not None


def test_what_has_ended_is_not_found_by_its_time() -> None:
    """Another message may have been sent since."""
    submission = accepted(submission_id=None)
    awaited = awaiting(message(submission))
    ended = replace(submission, delivery=DeliveryState(status=DELIVERED))
    awaited.follow(message(ended), [ended])

    assert awaited.match_by_time(report("id-9", MAMAN, at=START)) is None


def test_a_number_is_kept_out_of_logs() -> None:
    """And so is the id, with which anybody may ask."""
    [one] = awaiting(message(accepted()))

    assert MAMAN not in repr(one)
    assert "id-1" not in repr(one)


def test_two_recipients_of_one_request_who_end_alike() -> None:
    """Without a country code nobody knows which is meant; with it everybody does."""
    burkina, ivory_coast = "+22657123456", "+2250757123456"
    awaited = awaiting(
        message(
            *(
                accepted(number, "sending", sending_id="sending")
                for number in (burkina, ivory_coast)
            )
        )
    )
    told = replace(report("sending", burkina), recipient="57123456")

    assert awaited.match(told) is None
    meant = awaited.match(replace(told, recipient="22657123456"))
    assert meant is not None
    assert meant.sent.recipient == burkina
