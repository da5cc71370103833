"""Subsegments of AWS X-Ray for those invocations of a Lambda function that are traced.

Nothing is patched: a trace shows what the function itself took, and of which operation it was.
https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Tracer

Annotations = Mapping[str, str | bool]

_log = logging.getLogger("dynaspan")


class Tracing:
    """`sampled` tells whether the invocation under way is traced. X-Ray's SDK, the extra
    `tracing`, takes longer to import than most requests take: it is with the first that is."""

    def __init__(self, sampled: Callable[[], bool]) -> None:
        self._sampled = sampled
        self._tracer: Tracer | None = None
        self._absent = False

    def prepare(self) -> None:
        """Imports now what is otherwise imported with the first traced invocation."""
        if self._tracer is not None or self._absent:
            return
        from aws_lambda_powertools import Tracer

        try:
            self._tracer = Tracer(service="dynaspan", auto_patch=False)
        except ModuleNotFoundError as fault:
            _log.warning("nothing is traced without the extra tracing: %s", fault)
            self._absent = True

    def invocation(
        self, name: str, annotations: Callable[[], Annotations]
    ) -> AbstractContextManager[None]:
        """What is done in it is a subsegment, which the annotations are to be found by; where
        nothing is traced they are not asked for."""
        return self._subsegment(name, annotations()) if self._sampled() else nullcontext()

    @contextmanager
    def _subsegment(self, name: str, annotations: Annotations) -> Iterator[None]:
        self.prepare()
        if self._tracer is None:
            yield
            return
        with self._tracer.provider.in_subsegment(name=f"## {name}"):
            self._tracer.put_annotation("Service", "dynaspan")
            for key, value in annotations.items():
                self._tracer.put_annotation(key, value)
            yield
