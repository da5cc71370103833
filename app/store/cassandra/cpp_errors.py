"""What each exception of acsylla means for the statement that got it: `errors` for the C++ driver.

`VERDICTS` names every exception class of acsylla that can reach us; a test walks the module. What
is not in the table counts as UNKNOWN. An error has a message and no fields, so the level that was
not met is read from the node's text. Write timeouts of all kinds, CAS, SIMPLE and BATCH, are one.
"""

from __future__ import annotations

import re

from acsylla import errors as cpp

from .errors import Verdict, gone, judged
from .session import NotSent, Statement, Unconfigured

VERDICTS: dict[type[BaseException], Verdict] = {
    # Without retries this is said only of a statement that no node took.
    cpp.CassErrorLibNoHostsAvailable: Verdict.NOT_SENT,
    cpp.CassErrorLibNoAvailableIoThread: Verdict.NOT_SENT,
    cpp.CassErrorLibNoStreams: Verdict.NOT_SENT,
    cpp.CassErrorLibRequestQueueFull: Verdict.NOT_SENT,
    # Only while connecting.
    cpp.CassErrorLibHostResolution: Verdict.NOT_SENT,
    cpp.CassErrorLibUnableToConnect: Verdict.NOT_SENT,
    cpp.CassErrorLibUnableToDetermineProtocol: Verdict.NOT_SENT,
    cpp.CassErrorLibUnableToInit: Verdict.NOT_SENT,
    cpp.CassErrorLibUnableToSetKeyspace: Verdict.NOT_SENT,
    cpp.CassExceptionConnectionError: Verdict.NOT_SENT,
    cpp.CassErrorServerBadCredentials: Verdict.NOT_SENT,
    cpp.CassErrorSourceSsl: Verdict.NOT_SENT,
    cpp.CassErrorSslClosed: Verdict.UNKNOWN,
    cpp.CassErrorSslIdentityMismatch: Verdict.NOT_SENT,
    cpp.CassErrorSslInvalidCert: Verdict.NOT_SENT,
    cpp.CassErrorSslInvalidPeerCert: Verdict.NOT_SENT,
    cpp.CassErrorSslInvalidPrivateKey: Verdict.NOT_SENT,
    cpp.CassErrorSslNoPeerCert: Verdict.NOT_SENT,
    cpp.CassErrorSslProtocolError: Verdict.UNKNOWN,
    # The node refused before it began.
    cpp.CassErrorServerIsBootstrapping: Verdict.NOT_SENT,
    cpp.CassErrorServerUnprepared: Verdict.NOT_SENT,
    cpp.CassErrorServerUnauthorized: Verdict.NOT_SENT,
    cpp.CassErrorServerConfigError: Verdict.NOT_SENT,
    # The statement is wrong. InvalidQuery also says that a table is gone, see `fault`.
    cpp.CassErrorServerInvalidQuery: Verdict.BUG,
    cpp.CassExceptionInvalidQuery: Verdict.BUG,
    cpp.CassErrorServerSyntaxError: Verdict.BUG,
    cpp.CassExceptionSyntaxError: Verdict.BUG,
    cpp.CassErrorServerAlreadyExists: Verdict.BUG,
    cpp.CassErrorServerFunctionFailure: Verdict.BUG,
    cpp.CassErrorLibBadParams: Verdict.BUG,
    cpp.CassErrorLibCallbackAlreadySet: Verdict.BUG,
    cpp.CassErrorLibExecutionProfileInvalid: Verdict.BUG,
    cpp.CassErrorLibIndexOutOfBounds: Verdict.BUG,
    cpp.CassErrorLibInvalidCustomType: Verdict.BUG,
    cpp.CassErrorLibInvalidErrorResultType: Verdict.BUG,
    cpp.CassErrorLibInvalidFutureType: Verdict.BUG,
    cpp.CassErrorLibInvalidItemCount: Verdict.BUG,
    cpp.CassErrorLibInvalidState: Verdict.BUG,
    cpp.CassErrorLibInvalidStatementType: Verdict.BUG,
    cpp.CassErrorLibInvalidValueType: Verdict.BUG,
    cpp.CassErrorLibNameDoesNotExist: Verdict.BUG,
    cpp.CassErrorLibNoCustomPayload: Verdict.BUG,
    cpp.CassErrorLibNoPagingState: Verdict.BUG,
    cpp.CassErrorLibNoTracingId: Verdict.BUG,
    cpp.CassErrorLibNotImplemented: Verdict.BUG,
    cpp.CassErrorLibNullValue: Verdict.BUG,
    cpp.CassErrorLibParameterUnset: Verdict.BUG,
    cpp.SchemaNotAvailable: Verdict.BUG,
    cpp.AggregateNotFound: Verdict.BUG,
    cpp.ColumnNotFound: Verdict.BUG,
    cpp.FunctionNotFound: Verdict.BUG,
    cpp.IndexNotFound: Verdict.BUG,
    cpp.KeyspaceNotFound: Verdict.BUG,
    cpp.MaterializedViewNotFound: Verdict.BUG,
    cpp.TableNotFound: Verdict.BUG,
    cpp.UserTypeNotFound: Verdict.BUG,
    # Sent, and the answer is missing or says that only a part is known. Unavailable: see `fault`.
    cpp.CassErrorServerUnavailable: Verdict.UNKNOWN,
    cpp.CassErrorServerReadTimeout: Verdict.UNKNOWN,
    cpp.CassErrorServerWriteTimeout: Verdict.UNKNOWN,
    cpp.CassErrorServerReadFailure: Verdict.UNKNOWN,
    cpp.CassErrorServerWriteFailure: Verdict.UNKNOWN,
    cpp.CassErrorServerTruncateError: Verdict.UNKNOWN,
    cpp.CassErrorServerOverloaded: Verdict.UNKNOWN,
    cpp.CassErrorServerServerError: Verdict.UNKNOWN,
    cpp.CassErrorServerProtocolError: Verdict.UNKNOWN,
    # Also of a statement under way on a connection that broke off.
    cpp.CassErrorLibRequestTimedOut: Verdict.UNKNOWN,
    cpp.CassErrorLibWriteError: Verdict.UNKNOWN,
    cpp.CassErrorLibMessageEncode: Verdict.UNKNOWN,
    cpp.CassErrorLibUnexpectedResponse: Verdict.UNKNOWN,
    cpp.CassErrorLibInternalError: Verdict.UNKNOWN,
    cpp.CassErrorLibInvalidData: Verdict.UNKNOWN,
    cpp.CassErrorLibNotEnoughData: Verdict.UNKNOWN,
    cpp.CassErrorLibUnableToClose: Verdict.UNKNOWN,
    cpp.CassErrorSourceLib: Verdict.UNKNOWN,
    cpp.CassErrorSourceServer: Verdict.UNKNOWN,
    # A code that acsylla has no class for, such as that of a contended CAS.
    cpp.CassException: Verdict.UNKNOWN,
}

_SERIAL = re.compile(r"Cannot achieve consistency level (LOCAL_)?SERIAL\b")


def fault(exc: BaseException, statement: Statement | None) -> BaseException:
    """As `errors.fault`."""
    text = str(exc)
    if isinstance(exc, cpp.CassErrorServerInvalidQuery) and gone(text):
        return Unconfigured(text)
    if isinstance(exc, cpp.CassErrorServerUnavailable) and (
        statement is None or not statement.conditional or _SERIAL.search(text)
    ):
        return NotSent(text)
    return judged(VERDICTS.get(type(exc), Verdict.UNKNOWN), exc, statement)
