"""SMSECO's numbers and what they mean."""

from typing import Final

from .. import errors
from ..model.delivery import DeliveryStatus

# Section I-1, "Codes d'erreur". A code that isn't among them is a refusal all the same.
ERRORS: Final[dict[int, type[errors.RejectedError]]] = {
    -1: errors.InvalidRequestError,
    -2: errors.AuthenticationError,
    -3: errors.AuthenticationError,
    -4: errors.AuthenticationError,
    -5: errors.EmptyMessageError,
    -6: errors.InsufficientCreditError,
    -7: errors.EmptyTargetError,
    -8: errors.SenderNotRegisteredError,
    -9: errors.InvalidRecipientError,
    -10: errors.InvalidRequestError,
    -11: errors.NotAllowedError,
    -12: errors.AccountInactiveError,
    -13: errors.InvalidScheduleError,
    -14: errors.OperationUnknownError,
    -15: errors.NothingNewError,
}

# Section III-1, "Définition des statuts des messages envoyés", with "Facturé".
STATES: Final[dict[int, tuple[DeliveryStatus, bool]]] = {
    50: (DeliveryStatus.PENDING, False),
    62: (DeliveryStatus.UNDELIVERED, False),
    65: (DeliveryStatus.PENDING, True),
    54: (DeliveryStatus.UNDELIVERED, False),
    55: (DeliveryStatus.PENDING, True),
    61: (DeliveryStatus.PENDING, True),
    56: (DeliveryStatus.DELIVERED, True),
    59: (DeliveryStatus.UNDELIVERED, True),
    60: (DeliveryStatus.UNDELIVERED, True),
    49: (DeliveryStatus.UNDELIVERED, False),
}
