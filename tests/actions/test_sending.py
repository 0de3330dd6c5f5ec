"""From a call to a message, and from what came of it to an answer."""

from custom_components.passerelle_sms.actions.message_fields import to_message
from custom_components.passerelle_sms.messaging.model.message import Message


def test_what_is_not_said_is_usual() -> None:
    """A text alone is a message to everybody known."""
    message = to_message({"message": "Citerne vide"}, by_guest=False)

    assert message == Message(text="Citerne vide")
