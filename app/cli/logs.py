"""Logging to stderr, one line for each record."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from ..config import Settings

# uvicorn warns of every malformed request, the driver of every reconnection it tries, and botocore
# tells where it has found credentials.
_QUIET = {"uvicorn": logging.ERROR, "cassandra": logging.ERROR, "botocore": logging.WARNING}
# The driver tells of each try to connect, with a traceback; the store says in one sentence, when it
# gives up, why.
_TRIES = "Control connection failed to connect"


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def configure_logging(settings: Settings) -> None:
    handler = logging.StreamHandler()
    if settings.log_format == "json":
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname)s %(name)s[%(process)d]: %(message)s")
        )
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)
    logging.getLogger("cassandra.cluster").addFilter(_is_no_try_to_connect)


def _is_no_try_to_connect(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(_TRIES)
