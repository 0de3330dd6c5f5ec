"""Time that nobody can set."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory

from custom_components.passerelle_sms.gateways.wire.elapsed_time import (
    seconds_since_boot,
    time_since_boot,
)


def test_a_wall_clock_that_is_set_changes_nothing(
    freezer: FrozenDateTimeFactory,
) -> None:
    """Neither forward nor back; it goes on by itself."""
    before = seconds_since_boot()

    freezer.tick(timedelta(days=1))
    after = seconds_since_boot()

    assert 0 < before < after < before + 3600


def test_it_goes_on_by_itself() -> None:
    """The machine's own time is never the same for long."""
    before = time_since_boot()

    assert timedelta() < before < time_since_boot()
