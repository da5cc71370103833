"""The entry points of AWS Lambda: `dynaspan.lambda_handler.handler` and `.jobs_handler`.

Both are built when the runtime asks for them, which is once and before the first event, so that a
SnapStart snapshot has all imports and the parsed settings in it; the store is opened with the first
event. README.md tells what each front door changes, and what is imported when.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

_Handler = Callable[[dict[str, Any], Any], Any]
_built: dict[str, _Handler] = {}


def __getattr__(name: str) -> _Handler:
    if name not in ("handler", "jobs_handler"):
        raise AttributeError(name)
    if name not in _built:
        _built[name] = _build(name)
    return _built[name]


def _build(name: str) -> _Handler:
    # What is made here lives as long as the process: collections would search it in vain, now and
    # later.
    gc.disable()
    try:
        from .function import Function, Jobs, settings_here

        return Function(settings_here()) if name == "handler" else Jobs(settings_here())
    finally:
        gc.freeze()
        gc.enable()
