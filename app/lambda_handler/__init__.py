"""The entry points of AWS Lambda: `dynaspan.lambda_handler.handler` and `.jobs_handler`.

Both are built when the runtime asks for them, which is once and before the first event, so that a
SnapStart snapshot has all imports and the parsed settings in it; the store is opened with the first
event. README.md tells what each front door changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_Handler = Callable[[dict[str, Any], Any], Any]
_built: dict[str, _Handler] = {}


def __getattr__(name: str) -> _Handler:
    if name not in ("handler", "jobs_handler"):
        raise AttributeError(name)
    if name not in _built:
        from .function import Function, Jobs, settings_here

        _built[name] = Function(settings_here()) if name == "handler" else Jobs(settings_here())
    return _built[name]
