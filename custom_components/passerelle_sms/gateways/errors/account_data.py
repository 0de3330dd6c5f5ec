"""Refused: what a gateway keeps besides messages."""

from .base import RejectedError, Scope


class NeverSentThereError(RejectedError):
    """The account has never sent anything to that number."""

    key = "never_sent_there"
    scope = Scope.RECIPIENT


class UnknownAccountError(RejectedError):
    """There is no account of that id behind the credentials."""

    key = "unknown_account"


class InvalidNameError(RejectedError):
    """The name is none that the gateway takes (`name`, `longest`)."""

    key = "invalid_name"


class GroupExistsError(RejectedError):
    """There is a group of that name already."""

    key = "group_exists"


class UnknownGroupError(RejectedError):
    """There is no group of that name."""

    key = "unknown_group"


class GroupNotEmptyError(RejectedError):
    """The group still has contacts."""

    key = "group_not_empty"


class ContactExistsError(RejectedError):
    """There is a contact with that number already."""

    key = "contact_exists"


class UnknownContactError(RejectedError):
    """There is no contact with that number."""

    key = "unknown_contact"
