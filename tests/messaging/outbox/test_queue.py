"""What waits for a gateway: the urgent first, and quickly found however much there is."""

from dataclasses import replace
from datetime import timedelta
from typing import override

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
import pytest

from custom_components.passerelle_sms.messaging.model.submission import RowKey
from custom_components.passerelle_sms.messaging.outbox.queue import (
    QueuedRequest,
    RequestQueue,
)
from tests.conftest import MAMAN, PAPA
from tests.messaging.fake_clock import START

SECOND = timedelta(seconds=1)


def job(
    message_id: str = "a",
    *keys: RowKey,
    age: int = 0,
    due: timedelta | None = None,
    urgent: bool = False,
) -> QueuedRequest:
    """Return a request of a message that is so many seconds old."""
    return QueuedRequest(
        START - age * SECOND, message_id, keys or (MAMAN,), due, urgent
    )


def names(queue: RequestQueue) -> str:
    """Return the messages of the requests that are ready, in their order."""
    return "".join(request.message_id for request in queue.due(timedelta()))


@pytest.fixture
def queue() -> RequestQueue:
    """Return an empty queue."""
    return RequestQueue()


def test_the_oldest_message_goes_first(queue: RequestQueue) -> None:
    """In whatever order they come; of two that are as old, by their id."""
    jobs = [job("c"), job("a"), job("b", age=5)]
    for one in jobs:
        queue.add(one)

    assert list(queue.due(timedelta())) == [jobs[2], jobs[1], jobs[0]]
    assert queue.waiting == (jobs[2], jobs[1], jobs[0])


def test_urgent_messages_go_first(queue: RequestQueue) -> None:
    """Among themselves in their order, however young they are."""
    for one in (job("a", age=9), job("b", urgent=True), job("c", age=5, urgent=True)):
        queue.add(one)

    assert names(queue) == "cba"


def test_an_ordinary_message_goes_after_ten_urgent_ones(queue: RequestQueue) -> None:
    """So that none waits for ever; as long as there is none they count for nothing."""
    for _ in range(15):
        queue.add(job("u", urgent=True))
        queue.begin(job("u", urgent=True))
        queue.end(job("u"))
    for index in range(25):
        queue.add(job(f"{index:02}", urgent=True))
    for name in "abcd":
        queue.add(job(name))
    planned = [request.message_id for request in queue.due(timedelta())]
    gone = []
    while (one := next(queue.due(timedelta()), None)) is not None:
        queue.begin(one)
        gone.append(one.message_id)

    urgent = [f"{index:02}" for index in range(25)]
    assert gone == planned
    assert gone == [*urgent[:10], "a", *urgent[10:20], "b", *urgent[20:], "c", "d"]


def test_a_message_that_has_become_urgent_goes_first(queue: RequestQueue) -> None:
    """Also what of it waits for its time; what is under way stays so."""
    running, waiting = job("a", PAPA), job("a", MAMAN, age=-5)
    later = job("a", RowKey("+23769"), due=SECOND)
    for one in (running, job("b"), waiting, later):
        queue.add(one)
    queue.begin(running)
    assert queue.waits_as_ordinary("a")

    queue.promote("a")

    assert names(queue) == "ab"
    assert [one.urgent for one in queue.due(SECOND)] == [True, True, False]
    assert not queue.waits_as_ordinary("a")
    assert queue.waits_as_ordinary("b")
    assert list(queue.running) == [running]
    queue.promote("nobody")


def test_what_is_delayed_is_due_in_its_order_once_it_is_time(
    queue: RequestQueue,
) -> None:
    """Not before, and then ahead of younger messages."""
    late, young = job("old", age=9, due=10 * SECOND), job("young")
    queue.add(late)
    queue.add(young)

    assert list(queue.due(10 * SECOND - timedelta.resolution)) == [young]
    assert queue.next_due(9 * SECOND) == 10 * SECOND
    assert queue.waiting == (late, young)

    assert list(queue.due(10 * SECOND)) == [late, young]
    assert queue.next_due(10 * SECOND) is None


def test_a_request_that_is_under_way_is_held_until_its_end(
    queue: RequestQueue,
) -> None:
    """It waits no longer, but its recipients are taken care of."""
    one = job("a", MAMAN, PAPA)
    queue.add(one)
    assert queue.is_busy("a")
    assert not queue.is_under_way("a")

    queue.begin(one)
    assert list(queue.waiting) == []
    assert list(queue.running) == [one]
    assert queue.holds("a", PAPA)
    assert queue.is_busy("a")
    assert queue.is_under_way("a")
    assert not queue.is_under_way("b")
    assert not queue

    queue.end(one)
    assert list(queue.running) == []
    assert not queue.holds("a", PAPA)
    assert not queue.is_busy("a")
    assert not queue.is_under_way("a")


def test_a_message_is_busy_until_its_last_request_is_gone(
    queue: RequestQueue,
) -> None:
    """Whether that waits for its turn or is under way; what is delayed keeps nobody."""
    one, other, later = job("a", MAMAN), job("a", PAPA), job("b", due=SECOND)
    for request in (one, other, later):
        queue.add(request)
    assert not queue.is_busy("b")
    assert queue

    queue.begin(one)
    queue.end(one)
    assert queue.is_busy("a")
    assert not queue.holds("a", MAMAN)

    queue.drop(other)
    assert not queue.is_busy("a")
    assert list(queue.due(SECOND)) == [later]
    assert queue.is_busy("b")
    assert queue.next_due(SECOND) is None


def test_what_is_dropped_and_delayed_anew_waits_for_its_new_time(
    queue: RequestQueue,
) -> None:
    """Its old time counts no more, whether it was sooner or later."""
    queue.add(job(due=5 * SECOND))
    queue.drop(job())
    queue.add(job(due=9 * SECOND))

    assert list(queue.due(5 * SECOND)) == []
    assert queue.next_due(5 * SECOND) == 9 * SECOND
    queue.drop(job())
    queue.add(job(due=6 * SECOND))
    assert queue.next_due(5 * SECOND) == 6 * SECOND
    assert list(queue.due(9 * SECOND)) == [job()]


def test_what_does_not_wait_can_be_neither_begun_nor_dropped(
    queue: RequestQueue,
) -> None:
    """That would be a mistake of ours, and is told."""
    queue.add(job("b"))

    for name in ("a", "c"):
        with pytest.raises(KeyError):
            queue.begin(job(name))
        with pytest.raises(KeyError):
            queue.drop(job(name))
    with pytest.raises(KeyError):
        queue.end(job("b"))
    assert queue.waiting == (job("b"),)


def test_what_waits_is_dated_anew(queue: RequestQueue) -> None:
    """So that what comes later stays behind it, and it keeps its own time."""
    first, second = job("first"), job("second", due=5 * SECOND)
    queue.add(first)
    queue.add(second)
    earlier = START - timedelta(hours=6)

    queue.redate([first], earlier)
    queue.redate([second], earlier)
    queue.add(replace(job("third"), created=earlier + SECOND))

    assert [one.message_id for one in queue.waiting] == ["first", "second", "third"]
    assert [one.created for one in queue.waiting[:2]] == [earlier, earlier]
    assert queue.next_due(timedelta()) == 5 * SECOND
    assert queue.holds("first", MAMAN)
    assert not queue.is_busy("second")


def test_numbers_stay_out_of_what_is_shown() -> None:
    """A request may stand in a log."""
    assert MAMAN not in repr(job("a", MAMAN))


def test_a_thousand_are_handed_over_in_few_steps(queue: RequestQueue) -> None:
    """Each is compared with few others, however it is delayed or dropped."""
    compared = 0

    class Counted(QueuedRequest):
        @override
        def __lt__(self, other: QueuedRequest) -> bool:
            nonlocal compared
            compared += 1
            return QueuedRequest.__lt__(self, other)

        @override
        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return super().__eq__(other)

        __hash__ = QueuedRequest.__hash__

    for index in range(1000):
        number = index * 617 % 1000
        due = None if number % 3 else number * SECOND
        queue.add(Counted(START, f"{number:04}", (MAMAN,), due))
    handled = 0
    for second in range(1000):
        now = second * SECOND
        while (one := next(queue.due(now), None)) is not None:
            assert queue.next_due(now) != now
            if handled % 5:
                queue.begin(one)
                queue.end(one)
            else:
                queue.drop(one)
            handled += 1

    assert handled == 1000
    assert compared < 1000 * 20


class Model(RuleBasedStateMachine):
    """The queue beside a plain list that is looked through each time."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.queue = RequestQueue()
        self.waiting: list[QueuedRequest] = []
        self.running: list[QueuedRequest] = []
        self.now = timedelta()
        self.in_a_row = 0

    @rule(
        age=st.integers(0, 3),
        name=st.sampled_from("abc"),
        number=st.sampled_from([MAMAN, PAPA]),
        delay=st.none() | st.integers(0, 5),
        urgent=st.booleans(),
    )
    def add(
        self, age: int, name: str, number: RowKey, delay: int | None, urgent: bool
    ) -> None:
        """Let a request wait, unless there is one for this recipient."""
        if self.queue.holds(name, number):
            return
        due = None if delay is None else self.now + delay * SECOND
        one = job(name, number, age=age, due=due, urgent=urgent)
        self.queue.add(one)
        self.waiting.append(one)

    @rule(seconds=st.integers(0, 3))
    def pass_time(self, seconds: int) -> None:
        """Let time pass."""
        self.now += seconds * SECOND

    @rule()
    def begin(self) -> None:
        """Begin the first that is due."""
        if (one := next(self.queue.due(self.now), None)) is not None:
            ready = [each for each in self.waiting if self.is_ready(each)]
            is_passed_over = one.urgent and any(not each.urgent for each in ready)
            self.in_a_row = self.in_a_row + 1 if is_passed_over else 0
            self.queue.begin(one)
            self.waiting.remove(one)
            self.running.append(one)

    @rule(name=st.sampled_from("abc"))
    def promote(self, name: str) -> None:
        """Let a message become urgent."""
        self.queue.promote(name)
        self.waiting = [
            replace(one, urgent=True) if one.message_id == name else one
            for one in self.waiting
        ]

    def is_ready(self, one: QueuedRequest) -> bool:
        """Return whether a request waits only for its turn."""
        return one.due is None or one.due <= self.now

    def in_turn(self) -> list[QueuedRequest]:
        """Return what is ready: one by one, as the rule says."""
        ready = sorted(one for one in self.waiting if self.is_ready(one))
        urgent = [one for one in ready if one.urgent]
        ordinary = [one for one in ready if not one.urgent]
        turns, in_a_row = [], self.in_a_row
        while urgent or ordinary:
            is_urgent = bool(urgent) and not (ordinary and in_a_row >= 10)
            turns.append((urgent if is_urgent else ordinary).pop(0))
            in_a_row = in_a_row + 1 if is_urgent else 0
        return turns

    @rule()
    def end(self) -> None:
        """End what has been under way longest."""
        if self.running:
            self.queue.end(self.running.pop(0))

    @rule(name=st.sampled_from("abc"), age=st.integers(0, 3))
    def redate(self, name: str, age: int) -> None:
        """Date a message anew."""
        created = START - age * SECOND
        mine = [one for one in self.waiting if one.message_id == name]
        self.queue.redate(mine, created)
        self.waiting = [
            replace(one, created=created) if one in mine else one
            for one in self.waiting
        ]

    @rule(position=st.integers(0, 5))
    def drop(self, position: int) -> None:
        """Drop one of those that wait."""
        if position < len(self.waiting):
            self.queue.drop(self.waiting.pop(position))

    @invariant()
    def it_says_what_the_list_says(self) -> None:
        """Of everything that can be asked."""
        queue, now = self.queue, self.now
        assert queue.waiting == tuple(sorted(self.waiting))
        assert queue.running == tuple(self.running)
        ready = [one for one in self.waiting if self.is_ready(one)]
        later = [one.due for one in self.waiting if one.due and one.due > now]
        assert list(queue.due(now)) == self.in_turn()
        assert queue.next_due(now) == min(later, default=None)
        held = [*self.waiting, *self.running]
        assert bool(queue) is bool(self.waiting)
        for name in "abc":
            assert queue.waits_as_ordinary(name) is any(
                one.message_id == name and not one.urgent for one in self.waiting
            )
            numbers = {one.keys[0] for one in held if one.message_id == name}
            under_way = any(one.message_id == name for one in self.running)
            is_ready = any(one.message_id == name for one in ready)
            assert queue.is_under_way(name) is under_way
            assert queue.is_busy(name) is (under_way or is_ready)
            for number in (MAMAN, PAPA):
                assert queue.holds(name, number) is (number in numbers)


TestModel = Model.TestCase
