"""From a call of Home Assistant's to the messenger, and back to the caller."""

from datetime import timedelta

from homeassistant.core import HomeAssistant

from ..entries.channel import Channel
from ..gateways.errors import NotStoredError, RejectedError
from ..messaging.model.message import Message
from ..messaging.model.report import Report
from ..presentation.bus_events import async_tell_refused
from ..presentation.exceptions import not_accepted, not_delivered, refusal


async def async_send(
    hass: HomeAssistant,
    channel: Channel,
    message: Message,
    wait: timedelta = timedelta(),
) -> Report:
    """Send a message through an account or a relay, and wait for its delivery for a while.

    What is refused here never comes into the outbox, so its event is fired here too.

    Raises:
        ServiceValidationError: nothing was tried for anybody.
        HomeAssistantError: the same, for a reason that the caller can't help.

    """
    entry, tag = channel.entry, message.options.tag
    try:
        report = await channel.send(message)
    except RejectedError as error:
        labels = _public_labels(channel, message)
        async_tell_refused(hass, entry, error.key, labels, tag=tag)
        raise refusal(error, channel.facts, for_guest=message.by_guest) from error
    for result in report.failures:
        # Who can't be sent to is in no record.
        if result.failure is not None and result.number is None:
            label, key = result.public_label, result.failure.key
            async_tell_refused(hass, entry, key, [label], report.message_id, tag=tag)
    return await async_awaited(channel, report, wait) if wait else report


async def async_awaited(channel: Channel, report: Report, wait: timedelta) -> Report:
    """Return a report once nothing more is awaited of its deliveries, or after a while."""
    until = channel.clock.elapsed() + wait
    kept_id = report.record.kept_id
    while True:
        await channel.tracker.wait(kept_id, until - channel.clock.elapsed())
        try:
            record = await channel.store.get(report.message_id)
        except NotStoredError:
            return report
        # A test is kept nowhere.
        if record is None:
            return report
        if record.kept_id == kept_id:
            return report.updated(record)
        # Whose message it had joined has taken it back: it goes on under another id.
        kept_id = record.kept_id


def _public_labels(channel: Channel, message: Message) -> list[str]:
    """Return whom a message was for, fit for everybody to read."""
    try:
        targets = channel.settings.address_book.resolve(
            message.targets, names_numbers=not message.by_guest
        )
    except RejectedError:
        return []
    return [target.public_label for target in targets]


async def async_send_or_raise(
    hass: HomeAssistant,
    channel: Channel,
    message: Message,
    wait: timedelta = timedelta(),
) -> None:
    """Send a message for a caller that can't be answered with data.

    Returns when it is accepted, or on its way and tried again; after a wait for its
    delivery, when nobody is known not to have it.

    Raises:
        ServiceValidationError: nothing was tried for anybody.
        HomeAssistantError: for at least one recipient it is neither accepted nor on
            its way, or didn't arrive, or nothing was tried for a reason that the
            caller can't help.

    """
    report = await async_send(hass, channel, message, wait)
    if report.failures:
        failures = [(failed, channel.facts_for(failed)) for failed in report.failures]
        raise await not_accepted(
            hass, failures, channel.facts, for_guest=message.by_guest
        )
    if wait and report.undelivered:
        raise not_delivered(report.undelivered, channel.facts)
