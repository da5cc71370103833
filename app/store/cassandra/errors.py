"""What each exception of cassandra-driver means for the statement that got it: one table.

`VERDICTS` names every exception class of the driver that can reach us; a test walks the driver's
modules, so that a class a new release brings must be entered here. What is not in the table counts
as UNKNOWN, the verdict that is never wrong, only slow.
"""

from __future__ import annotations

from enum import Enum, auto

import cassandra
from cassandra import cluster, connection, pool, protocol

from .session import DriverFault, NotSent, OutcomeUnknown, Statement, Unconfigured


class Verdict(Enum):
    """NOT_SENT: nothing was done. UNKNOWN: maybe done. BUG: our statement is wrong, not done."""

    NOT_SENT = auto()
    UNKNOWN = auto()
    BUG = auto()


VERDICTS: dict[type[BaseException], Verdict] = {
    # No node took the statement: without retries by the driver this is the only way to get here.
    cluster.NoHostAvailable: Verdict.NOT_SENT,
    pool.NoConnectionsAvailable: Verdict.NOT_SENT,
    connection.ConnectionBusy: Verdict.NOT_SENT,
    # Never about an item statement: raised while connecting or looking at metadata.
    cassandra.UnresolvableContactPoints: Verdict.NOT_SENT,
    cassandra.AuthenticationFailed: Verdict.NOT_SENT,
    connection.ProtocolVersionUnsupported: Verdict.NOT_SENT,
    cluster.UserTypeDoesNotExist: Verdict.BUG,
    cluster.QueryExhausted: Verdict.BUG,
    cassandra.DependencyException: Verdict.BUG,
    # The node refused before it began.
    protocol.IsBootstrappingErrorMessage: Verdict.NOT_SENT,
    protocol.PreparedQueryNotFound: Verdict.NOT_SENT,
    cassandra.Unauthorized: Verdict.NOT_SENT,
    protocol.UnauthorizedErrorMessage: Verdict.NOT_SENT,
    protocol.BadCredentials: Verdict.NOT_SENT,
    # A keyspace in a datacentre that this node has not heard of, yet or at all.
    cassandra.ConfigurationException: Verdict.NOT_SENT,
    protocol.ConfigurationException: Verdict.NOT_SENT,
    # The statement is wrong. InvalidRequest also says that a table is gone, see `fault`.
    cassandra.InvalidRequest: Verdict.BUG,
    protocol.InvalidRequestException: Verdict.BUG,
    protocol.SyntaxException: Verdict.BUG,
    protocol.RequestValidationException: Verdict.BUG,
    cassandra.RequestValidationException: Verdict.BUG,
    cassandra.AlreadyExists: Verdict.BUG,
    protocol.AlreadyExistsException: Verdict.BUG,
    cassandra.UnsupportedOperation: Verdict.BUG,
    protocol.NotSupportedError: Verdict.BUG,
    cassandra.FunctionFailure: Verdict.BUG,
    protocol.FunctionFailureMessage: Verdict.BUG,
    # Sent, and the answer is missing or says that only a part is known. Unavailable: see `fault`.
    cassandra.Unavailable: Verdict.UNKNOWN,
    protocol.UnavailableErrorMessage: Verdict.UNKNOWN,
    cassandra.Timeout: Verdict.UNKNOWN,
    cassandra.ReadTimeout: Verdict.UNKNOWN,
    cassandra.WriteTimeout: Verdict.UNKNOWN,
    protocol.ReadTimeoutErrorMessage: Verdict.UNKNOWN,
    protocol.WriteTimeoutErrorMessage: Verdict.UNKNOWN,
    cassandra.CoordinationFailure: Verdict.UNKNOWN,
    cassandra.ReadFailure: Verdict.UNKNOWN,
    cassandra.WriteFailure: Verdict.UNKNOWN,
    protocol.ReadFailureMessage: Verdict.UNKNOWN,
    protocol.WriteFailureMessage: Verdict.UNKNOWN,
    cassandra.CDCWriteFailure: Verdict.UNKNOWN,
    protocol.CDCWriteException: Verdict.UNKNOWN,
    protocol.TruncateError: Verdict.UNKNOWN,
    # Also thrown in the middle of a write, when a node holds too many hints.
    protocol.OverloadedErrorMessage: Verdict.UNKNOWN,
    protocol.ClientWriteError: Verdict.UNKNOWN,
    protocol.ServerError: Verdict.UNKNOWN,
    protocol.ProtocolException: Verdict.UNKNOWN,
    protocol.InternalError: Verdict.UNKNOWN,
    protocol.ErrorMessage: Verdict.UNKNOWN,
    protocol.ErrorMessageSub: Verdict.UNKNOWN,
    protocol.RequestExecutionException: Verdict.UNKNOWN,
    cassandra.RequestExecutionException: Verdict.UNKNOWN,
    cassandra.OperationTimedOut: Verdict.UNKNOWN,
    cassandra.DriverException: Verdict.UNKNOWN,
    connection.ConnectionException: Verdict.UNKNOWN,
    connection.ConnectionShutdown: Verdict.UNKNOWN,
    connection.CrcMismatchException: Verdict.UNKNOWN,
    connection.ProtocolError: Verdict.UNKNOWN,
}

# Before 4.0: "unconfigured table t"; since then: "table t does not exist", "keyspace k does ...".
_GONE = ("unconfigured table", "does not exist")
_SERIAL = (cassandra.ConsistencyLevel.SERIAL, cassandra.ConsistencyLevel.LOCAL_SERIAL)


def gone(message: str) -> bool:
    """Whether a node says so of a table or a keyspace."""
    return any(text in message for text in _GONE)


def fault(exc: BaseException, statement: Statement | None) -> BaseException:
    """The DriverFault to raise from `exc`, or `exc` itself when it tells of a bug of ours.

    `statement` is None when the node was asked to prepare, not to execute.
    """
    if isinstance(exc, cassandra.InvalidRequest) and gone(str(exc)):
        return Unconfigured(str(exc))
    if isinstance(exc, cassandra.Unavailable) and (
        statement is None or not statement.conditional or exc.consistency in _SERIAL
    ):
        # Said before the node asks any other: of a plain statement always, of a conditional one
        # when it is the level of the Paxos round that is not met. Later only the commit of a
        # round can lack nodes, and that complains about the level of the commit.
        return NotSent(str(exc))
    return judged(VERDICTS.get(type(exc), Verdict.UNKNOWN), exc, statement)


def judged(verdict: Verdict, exc: BaseException, statement: Statement | None) -> BaseException:
    """As `fault`, of an exception with this verdict."""
    if verdict is Verdict.BUG:
        return exc
    kind: type[DriverFault] = OutcomeUnknown
    if statement is None or verdict is Verdict.NOT_SENT:
        kind = NotSent
    return kind(f"{type(exc).__name__}: {exc}")
