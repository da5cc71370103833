from __future__ import annotations

import inspect
from types import ModuleType

import cassandra
import pytest
from cassandra import ConsistencyLevel, cluster, connection, pool, protocol

from app.store.cassandra.errors import VERDICTS, fault
from app.store.cassandra.session import (
    Consistency,
    NotSent,
    OutcomeUnknown,
    Statement,
    Unconfigured,
)

PLAIN = Statement("SELECT 1", Consistency.LOCAL_QUORUM)
CONDITIONAL = Statement("UPDATE t IF x = 1", Consistency.LOCAL_QUORUM, conditional=True)

# Of the parts of the driver that this project does not use.
NOT_OURS = {"TraceUnavailable", "CrcException"}


def exceptions_of(module: ModuleType) -> set[type[BaseException]]:
    return {
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, BaseException)
        and value.__module__.startswith("cassandra")
        and value.__name__ not in NOT_OURS
    }


# A driver release that brings a new exception must fail here, not at a customer's.
@pytest.mark.parametrize("module", [cassandra, cluster, connection, pool, protocol])
def test_every_exception_of_the_driver_has_a_verdict(module: ModuleType) -> None:
    assert exceptions_of(module) - set(VERDICTS) == set()


def test_every_exception_of_the_cpp_driver_has_a_verdict() -> None:
    cpp_errors = pytest.importorskip("app.store.cassandra.cpp_errors", exc_type=ModuleNotFoundError)
    classes = {value for value in vars(cpp_errors.cpp).values() if inspect.isclass(value)}
    assert classes == set(cpp_errors.VERDICTS)


def test_no_node_took_it() -> None:
    assert isinstance(fault(cluster.NoHostAvailable("none", {}), CONDITIONAL), NotSent)


def test_a_timeout_of_a_write_leaves_the_outcome_unknown() -> None:
    timeout = cassandra.WriteTimeout("late", write_type=cassandra.WriteType.CAS)
    assert isinstance(fault(timeout, CONDITIONAL), OutcomeUnknown)


# The new error code of a contended CAS, which the driver has no class for.
def test_a_code_the_driver_does_not_know_leaves_the_outcome_unknown() -> None:
    unknown = protocol.ErrorMessage(code=0x1700, message="CAS unknown", info=None)
    assert isinstance(fault(unknown, CONDITIONAL), OutcomeUnknown)


def test_too_few_nodes_for_the_round_is_known_before_it_begins() -> None:
    serial = cassandra.Unavailable("few", consistency=ConsistencyLevel.LOCAL_SERIAL)
    assert isinstance(fault(serial, CONDITIONAL), NotSent)


# Under paxos v1 the nodes for the commit are counted when the value has been decided.
def test_too_few_nodes_for_the_commit_says_nothing() -> None:
    quorum = cassandra.Unavailable("few", consistency=ConsistencyLevel.LOCAL_QUORUM)
    assert isinstance(fault(quorum, CONDITIONAL), OutcomeUnknown)
    assert isinstance(fault(quorum, PLAIN), NotSent)


@pytest.mark.parametrize("message", ["unconfigured table t_1", 'message="table t does not exist"'])
def test_a_missing_table_in_both_wordings(message: str) -> None:
    assert isinstance(fault(cassandra.InvalidRequest(message), PLAIN), Unconfigured)


# It would be retried for ever, or hidden as a timeout.
def test_a_wrong_statement_is_not_hidden() -> None:
    wrong = cassandra.InvalidRequest("Undefined column name colour")
    assert fault(wrong, PLAIN) is wrong


def test_a_statement_that_could_not_be_prepared_was_not_sent() -> None:
    assert isinstance(fault(cassandra.OperationTimedOut(), None), NotSent)


# Of nodes that have just started one may know another datacentre before the next does.
def test_a_datacentre_that_a_node_does_not_know_may_come() -> None:
    text = "Unrecognized strategy option {far} passed to NetworkTopologyStrategy for keyspace k"
    refused = protocol.ConfigurationException(code=0x2300, message=text, info=None)
    assert isinstance(fault(refused, PLAIN), NotSent)
