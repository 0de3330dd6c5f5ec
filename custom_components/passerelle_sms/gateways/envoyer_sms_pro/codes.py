"""What Envoyer SMS Pro's refusals mean ("Messages d'erreur")."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from ..errors import (
    AlreadyCancelledError,
    AuthenticationError,
    InsufficientCreditError,
    InvalidMessageError,
    InvalidNameError,
    InvalidOptionError,
    InvalidRecipientError,
    InvalidRequestError,
    InvalidScheduleError,
    InvalidSenderError,
    MessageNotReadyError,
    MessageTooLongError,
    NeverSentThereError,
    NoRepliesError,
    NotCancellableError,
    RejectedError,
    UnknownAccountError,
    UnknownMessageError,
)
from ..wire.decoding import folded

# "Fonction création de compte" and "Fonction nouveau message".
ACCOUNT_NAME_LENGTH: Final = 50
TAG_LENGTH: Final = 20

# The first table. There is no 6.
ERRORS: Final[Mapping[int, type[RejectedError]]] = {
    1: AuthenticationError,
    2: InvalidRequestError,
    3: InvalidRequestError,
    4: MessageTooLongError,
    5: InsufficientCreditError,
    7: UnknownMessageError,
    8: MessageNotReadyError,
    9: NotCancellableError,
    10: NotCancellableError,
    11: AlreadyCancelledError,
    12: NoRepliesError,
}
BAD_VALUE: Final = 3


# The refusals of a tag, of the number of the first reply, of a number of credits to move,
# and of an account's name, which is given as far as it may be shown.
invalid_tag: Final = partial(
    InvalidOptionError, option="tag", allowed=f"A-Z a-z 0-9, 1 – {TAG_LENGTH}"
)
invalid_offset: Final = partial(
    InvalidOptionError, option="offset", allowed="0 – number_of_response"
)
invalid_amount: Final = partial(InvalidOptionError, option="amount", allowed="≥ 1")
invalid_name: Final = partial(
    InvalidNameError, name="", longest=str(ACCOUNT_NAME_LENGTH)
)
# The second table: which value an error 3 is about. Each is a refusal with or without
# this. It has no words for an account to delete that isn't there.
_BAD_VALUES: Final[Mapping[str, Callable[..., RejectedError]]] = {
    "wrong numbers": InvalidRecipientError,
    "no number found": InvalidRecipientError,
    "no message found": InvalidMessageError,
    "sendername": InvalidSenderError,
    "senddate": InvalidScheduleError,
    "unrecognized date": InvalidScheduleError,
    "sendtime": InvalidScheduleError,
    "too many recipients": InvalidRequestError,
    "tag cannot": invalid_tag,
    "tag must": invalid_tag,
    "accountname": invalid_name,
    "deleteaccountid": UnknownAccountError,
    "debitaccountid": UnknownAccountError,
    "creditaccountid": UnknownAccountError,
    "sms is missing": invalid_amount,
    "sms cannot be null": invalid_amount,
    "sms must be": invalid_amount,
    "has not enough sms": InsufficientCreditError,
    "phonenumber": InvalidRecipientError,
    "do not send sms to": NeverSentThereError,
    "offset": invalid_offset,
}


def refusal(
    error_id: int, message: str, *, code: str, words: str | None
) -> RejectedError:
    """Return what a refusal means; its wording refines one about a value.

    `code` and `words` are the `error_id` and the `message` as they may be shown.
    """
    if error_id == BAD_VALUE:
        said = folded(message)
        for value, meaning in _BAD_VALUES.items():
            if value in said:
                return meaning(code=code, words=words)
    return ERRORS.get(error_id, RejectedError)(code=code, words=words)
