"""SMSECO's numbers and what they mean."""

from typing import Final

from ..errors import (
    AccountInactiveError,
    AuthenticationError,
    EmptyMessageError,
    EmptyTargetError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidRequestError,
    InvalidScheduleError,
    NotAllowedError,
    NothingNewError,
    OperationUnknownError,
    RejectedError,
    SenderNotRegisteredError,
)
from ..model.delivery import DeliveryStatus

# Section I-1, "Codes d'erreur". A code that isn't among them is a refusal all the same.
ERRORS: Final[dict[int, type[RejectedError]]] = {
    -1: InvalidRequestError,
    -2: AuthenticationError,
    -3: AuthenticationError,
    -4: AuthenticationError,
    -5: EmptyMessageError,
    -6: InsufficientCreditError,
    -7: EmptyTargetError,
    -8: SenderNotRegisteredError,
    -9: InvalidRecipientError,
    -10: InvalidRequestError,
    -11: NotAllowedError,
    -12: AccountInactiveError,
    -13: InvalidScheduleError,
    -14: OperationUnknownError,
    -15: NothingNewError,
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
