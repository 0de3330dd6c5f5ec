"""All that can happen, and what is promised after each of it."""

from collections import Counter
from collections.abc import Collection
import inspect
import json
from typing import ClassVar, override

from hypothesis.stateful import RULE_MARKER, RuleBasedStateMachine, invariant

from custom_components.passerelle_sms.gateways.abilities.delivery import CancelsMessages
from tests.simulator import Acceptance, Fault

from .account import MUTE_FOR, RICH, Account
from .events import Events
from .features import Feature, Tally
from .peace import Peace
from .people import People

TALLIES: dict[str, Tally] = {}
"""What has occurred in the examples of each gateway."""


class Promise(Account, People, Events, Peace):
    """A house and its gateway, and all that can happen to them."""

    @invariant()
    def the_promise_is_kept(self) -> None:
        """See that all is so that is promised."""
        self.nobody_makes_a_mistake()
        self.what_is_said_is_true()
        self.nothing_expires_early()
        self.what_is_refused_is_not_sent()
        self.what_is_taken_back_is_not_sent()
        self.no_more_at_once_than_allowed()
        self.nothing_takes_too_long()
        self.nothing_is_repeated_again_and_again()
        self.who_is_alone_explains_everything()
        self.who_has_noticed_others_stays_mute()
        self.note()

    def nobody_makes_a_mistake(self) -> None:
        """See that no error was raised or logged but those that are documented."""
        assert not self.mistakes.found

    def what_is_said_is_true(self) -> None:
        """See that nothing is sent twice, and that what is said of it is so."""
        self.judge.check()

    def nothing_expires_early(self) -> None:
        """See that a clock that is set right makes no message old."""
        self.judge.check_ages()

    def what_is_refused_is_not_sent(self) -> None:
        """See that nothing left that could not be written down."""
        self.judge.check_refused()

    def what_is_taken_back_is_not_sent(self) -> None:
        """See that nothing is left at the gateway of what is said to be cancelled."""
        self.judge.check_taken_back(self.not_cancelled())

    def no_more_at_once_than_allowed(self) -> None:
        """See that the concurrency of the account holds.

        Besides, one message may be taken back, which some gateways are asked for in the
        same way.
        """
        gateway = self.harness.gateway
        allowed = gateway.limits.concurrency + isinstance(gateway, CancelsMessages)
        assert self.traffic.most <= allowed

    def nothing_takes_too_long(self) -> None:
        """See that doubts are settled, and what waits is sent, and nobody is besieged."""
        self.watch.check(
            is_well=self.is_well,
            was_refused=self.was_refused,
            has_urgent=Feature.URGENT in self.features,
        )

    def nothing_is_repeated_again_and_again(self) -> None:
        """See that a gateway that refuses duplicates isn't asked more than once more."""

    def who_is_alone_explains_everything(self) -> None:
        """See that no fall is a riddle where nobody else spends, and no disk loses anything."""
        if self.harness.is_alone and not self.has(Feature.NOTICED):
            assert self.judge.losses or not self.harness.observer.unexplained

    def who_has_noticed_others_stays_mute(self) -> None:
        """See that the balance proves nothing where others were seen to use it."""
        clock = self.harness.clock
        if self.is_noticed and clock.now() - self.noticed_at < MUTE_FOR:
            assert self.harness.ledger.is_muted

    def note(self) -> None:
        """Note what has occurred in this example."""
        if self.watch.most_in_doubt >= 2 and Feature.DOUBTS in self.features:
            self.occurred.add(Feature.DOUBTS)
        taken = len(self.simulated.accepted) - self.accepted_before
        if self.simulated.seconds_to_charge and taken:
            self.occurred.add(Feature.LATE)

    @override
    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            TALLIES.setdefault(self.key, Tally()).count(self.occurred)


class PromiseAtEtechKeys(Promise):
    """One recipient a request; the balance is asked for, and what was sent is listed."""

    key: ClassVar[str] = "etech_keys"


class PromiseAtSmsEco(Promise):
    """Many recipients a request; the answer tells what is left."""

    key: ClassVar[str] = "smseco"


class PromiseAtSms123(Promise):
    """A text that was sent is refused: code 91. What is for later is taken back by it."""

    key: ClassVar[str] = "sms123"

    @override
    def nothing_is_repeated_again_and_again(self) -> None:
        if self.was_refused or self.simulated.credits < RICH:
            # What the account is refused for is tried as long as it takes.
            return
        asked = [
            json.loads(request.body)
            for request in self.simulated.requests
            if request.operation == "send" and request.fault is not Fault.RATE_LIMITED
        ]
        self.judge.check_repetitions(
            Counter(
                (sent["message"], sent["numero"])
                for sent in asked
                if not sent.get("diff", "").endswith("s")
            )
        )

    @override
    def not_cancelled(self) -> list[Acceptance]:
        deleted = [waiting.acceptance for waiting in self.simulator.sms123.deleted]
        return [taken for taken in self.simulated.accepted if taken not in deleted]


class PromiseAtEnvoyerSmsPro(Promise):
    """What is for later is taken back by its id, for all recipients at once."""

    key: ClassVar[str] = "envoyer_sms_pro"

    @override
    def not_cancelled(self) -> list[Acceptance]:
        messages = self.simulator.envoyer_sms_pro.messages
        return [
            taken
            for taken in self.simulated.accepted
            if not messages[taken.submission_id].is_cancelled
        ]


class PromiseAtDevCodeSms(Promise):
    """Many recipients a request, with a row and a price for each."""

    key: ClassVar[str] = "devcodesms"


HOUSES: dict[str, type[Promise]] = {
    house.key: house
    for house in (
        PromiseAtEtechKeys,
        PromiseAtSmsEco,
        PromiseAtSms123,
        PromiseAtEnvoyerSmsPro,
        PromiseAtDevCodeSms,
    )
}


def about[Machine: RuleBasedStateMachine](
    house: type[Machine],
    features: frozenset[Feature],
    rules: Collection[str] | None = None,
) -> type[Machine]:
    """Return a house whose examples have these features, and only these rules if given."""
    others = {
        name
        for name, member in inspect.getmembers(house)
        if hasattr(member, RULE_MARKER) and rules is not None and name not in rules
    }
    changes = {"features": features, **dict.fromkeys(others)}
    return type(house.__name__, (house,), changes)
