"""Everything that can go wrong between us and a gateway: one hierarchy, explained in `base`."""

from .access import (
    AccountInactiveError,
    AuthenticationError,
    InsufficientCreditError,
    InvalidRequestError,
    IpNotAllowedError,
    NotAllowedError,
    OperationUnknownError,
    OverseasOptionMissingError,
)
from .account_data import (
    ContactExistsError,
    GroupExistsError,
    GroupNotEmptyError,
    InvalidNameError,
    NeverSentThereError,
    UnknownAccountError,
    UnknownContactError,
    UnknownGroupError,
)
from .base import GatewayError, NotSentError, RejectedError, Scope, UnknownOutcomeError
from .local import (
    DailyCapError,
    EarlierPartFailedError,
    HourlyCapError,
    IdenticalMessageError,
    NewerJournalError,
    NothingBeginsError,
    NotStoredError,
    OutboxFullError,
    RelayedMessageError,
    RelayWithoutAccountsError,
)
from .messages import (
    AlreadyCancelledError,
    AmbiguousNumberError,
    DuplicateMessageError,
    EmptyGroupError,
    EmptyMessageError,
    EmptyTargetError,
    InvalidMessageError,
    InvalidOptionError,
    InvalidRecipientError,
    InvalidScheduleError,
    InvalidSenderError,
    MessageCancelledError,
    MessageNotReadyError,
    MessageTooLongError,
    MissingFieldError,
    NextNeedsRelayError,
    NoRepliesError,
    NotANumberError,
    NotCancellableError,
    NothingNewError,
    OldIvorianNumberError,
    OptionNotSupportedError,
    RecipientBlockedError,
    ScheduleInPastError,
    SenderNotRegisteredError,
    StopMentionRequiredError,
    TooManyTargetsError,
    UnknownMessageError,
)
from .not_sent import (
    CannotConnectError,
    NoAccountAvailableError,
    RateLimitedError,
    TlsFailedError,
)
from .unknown import (
    GatewayBrokenError,
    NoAnswerError,
    TakenAsMessageError,
    UnreadableAnswerError,
)
