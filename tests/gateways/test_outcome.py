"""What became of a submission."""

from custom_components.passerelle_sms.gateways.outcome import Outcome


def test_only_what_provably_did_not_leave_is_free() -> None:
    """What may have left, or may still leave, may cost something."""
    free = {outcome for outcome in Outcome if outcome.is_free}

    assert free == {Outcome.REJECTED, Outcome.NOT_SENT, Outcome.EXPIRED}
