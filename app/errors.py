"""Every failure a caller can see.

Two trees:

    ApiError                 an answer in DynamoDB's own words; `http/` alone renders it
    StoreError               what a store may raise
    ├── StoreUnavailable     nothing was sent, or nothing can have been applied: safe to retry
    ├── StoreUnknown         the outcome of a write could not be found out within the deadline
    ├── TableGone            the physical table is not there: the caller's catalog copy is stale
    ├── TableChanged         the table is written otherwise now; nothing was applied: read it again
    └── Busy                 a bounded queue is full: nothing was sent

Anything else that escapes is a bug and becomes InternalServerError.
Type prefixes and status codes:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_DYNAMODB = "com.amazonaws.dynamodb.v20120810#"
_VALIDATE = "com.amazon.coral.validate#"
_SERVICE = "com.amazon.coral.service#"
_AVAILABILITY = "com.amazon.coral.availability#"


class ApiError(Exception):
    """One DynamoDB error answer.

    `type` carries its prefix (the `__type` member). `message` of None leaves the member out,
    as the service does for a body that is not JSON. `fields` are further members, such as `Item`.
    """

    def __init__(
        self,
        type: str,
        message: str | None,
        *,
        status: int = 400,
        fields: Mapping[str, Any] | None = None,
        message_key: str = "message",
    ) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.status = status
        self.fields = fields
        self.message_key = message_key

    @property
    def code(self) -> str:
        """The type without its prefix, e.g. `ValidationException`."""
        return self.type.rpartition("#")[2]


def validation(message: str) -> ApiError:
    return ApiError(_VALIDATE + "ValidationException", message)


def invalid_parameters(what: str) -> ApiError:
    return validation(f"One or more parameter values were invalid: {what}")


class EmptyKeyValue(ApiError):
    """An empty string or no bytes for a key attribute, of a table or an index: found before
    anything is done, so that it is no reason of a single action of a transaction."""


class NoKeyType(ApiError):
    """A value of a type that no key has, where a statement must name one: of a transaction it is no
    reason of its statement."""


class Malformed(ApiError):
    """A statement that no grammar takes."""


class Unsupported(ApiError):
    """A statement that is none of those that DynamoDB executes. `computed`: an expression."""

    computed: bool = False


def malformed(message: str) -> ApiError:
    return Malformed(_VALIDATE + "ValidationException", message)


def unsupported(message: str, *, computed: bool = False) -> ApiError:
    fault = Unsupported(_VALIDATE + "ValidationException", message)
    fault.computed = computed
    return fault


def no_key_type(message: str) -> ApiError:
    return NoKeyType(_VALIDATE + "ValidationException", message)


def empty_key_value(message: str) -> ApiError:
    return EmptyKeyValue(_VALIDATE + "ValidationException", message)


def serialization(message: str | None = None) -> ApiError:
    return ApiError(_SERVICE + "SerializationException", message, message_key="Message")


def unknown_operation() -> ApiError:
    return ApiError(_SERVICE + "UnknownOperationException", None)


def missing_authentication_token(
    message: str = "Request is missing Authentication Token",
) -> ApiError:
    return ApiError(_SERVICE + "MissingAuthenticationTokenException", message)


def incomplete_signature(message: str) -> ApiError:
    return ApiError(_SERVICE + "IncompleteSignatureException", message)


def invalid_signature(message: str) -> ApiError:
    return ApiError(_SERVICE + "InvalidSignatureException", message)


def unrecognized_client(
    message: str = "The security token included in the request is invalid.",
) -> ApiError:
    return ApiError(_SERVICE + "UnrecognizedClientException", message)


def resource_not_found(message: str = "Requested resource not found") -> ApiError:
    return ApiError(_DYNAMODB + "ResourceNotFoundException", message)


def named(code: str, message: str) -> ApiError:
    """One of the API's exceptions that a single operation has, e.g. BackupNotFoundException."""
    return ApiError(_DYNAMODB + code, message)


def resource_in_use(message: str) -> ApiError:
    return ApiError(_DYNAMODB + "ResourceInUseException", message)


def limit_exceeded(message: str) -> ApiError:
    return ApiError(_DYNAMODB + "LimitExceededException", message)


def conditional_check_failed(item: Any = None) -> ApiError:
    """`item` is the item as it was found, for ReturnValuesOnConditionCheckFailure=ALL_OLD."""
    return ApiError(
        _DYNAMODB + "ConditionalCheckFailedException",
        "The conditional request failed",
        fields=None if item is None else {"Item": item},
    )


def duplicate_item() -> ApiError:
    return ApiError(_DYNAMODB + "DuplicateItemException", "Duplicate primary key exists in table")


def expired_iterator() -> ApiError:
    return ApiError(_DYNAMODB + "ExpiredIteratorException", "Shard iterator has expired")


def trimmed_data_access() -> ApiError:
    return ApiError(
        _DYNAMODB + "TrimmedDataAccessException",
        "The data you are trying to access has been trimmed",
    )


def transaction_canceled(reasons: Sequence[Mapping[str, Any]]) -> ApiError:
    """`reasons`: Code, and perhaps Message and Item, one for each action in order."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    return ApiError(
        _DYNAMODB + "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        fields={"CancellationReasons": list(reasons)},
        message_key="Message",
    )


TRANSACTION_ONGOING = "Transaction is ongoing for the item"
NO_REASON: Mapping[str, Any] = {"Code": "None"}
CONFLICT_REASON: Mapping[str, Any] = {
    "Code": "TransactionConflict",
    "Message": TRANSACTION_ONGOING,
}


_REASONS = {
    "DuplicateItemException": "DuplicateItem",
    "ItemCollectionSizeLimitExceededException": "ItemCollectionSizeLimitExceeded",
}


def fault_reason(fault: ApiError) -> dict[str, Any]:
    """Of an action that is none, or an INSERT that met an item, or one item too many."""
    return {"Code": _REASONS.get(fault.code, "ValidationError"), "Message": fault.message}


def condition_reason(item: Any = None) -> dict[str, Any]:
    reason = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    return reason if item is None else {**reason, "Item": item}


def transaction_conflict() -> ApiError:
    return ApiError(_DYNAMODB + "TransactionConflictException", TRANSACTION_ONGOING)


def transaction_in_progress() -> ApiError:
    return ApiError(
        _DYNAMODB + "TransactionInProgressException",
        "Transaction from previous request is still in progress",
        message_key="Message",
    )


def idempotent_parameter_mismatch() -> ApiError:
    return ApiError(
        _DYNAMODB + "IdempotentParameterMismatchException",
        "Specified idempotent token was used with different request parameters within the "
        "idempotency window",
        message_key="Message",
    )


def throttling(message: str) -> ApiError:
    """Every AWS SDK retries this one: the store is too slow or absent and nothing was applied."""
    return ApiError(_AVAILABILITY + "ThrottlingException", message)


def internal(message: str = "Internal server error") -> ApiError:
    """The outcome may be applied or not: SDKs retry it, and it is never said of a known failure."""
    return ApiError(_DYNAMODB + "InternalServerError", message, status=500)


class StoreError(Exception):
    """Base of what a store may raise."""


class StoreUnavailable(StoreError):
    """The store cannot be reached in time and nothing of this call has been applied."""


class StoreUnknown(StoreError):
    """A write may or may not have been applied, and the deadline ran out before that was known."""


class TableGone(StoreError):
    """The physical table does not exist (any more)."""


class TableChanged(StoreError):
    """The table has another set of indexes than the copy that a write was made with."""


class Busy(StoreError):
    """A bounded queue is full: nothing was sent."""


def of_store(fault: StoreError) -> ApiError:
    """What a client is told of it. Only of StoreUnknown the outcome is left open."""
    if isinstance(fault, StoreUnavailable | TableChanged):
        return throttling("The store did not answer in time; nothing was changed. Try again.")
    if isinstance(fault, Busy):
        return throttling("Too many requests are waiting; nothing was changed. Try again.")
    if isinstance(fault, TableGone):
        return resource_not_found()
    return internal()
