"""Starts the processes that serve."""

from __future__ import annotations

import logging
import socket
import ssl

from .. import __version__
from ..config import ConfigError, Settings
from ..http.server import Endpoint
from ..main import create_app
from .logs import configure_logging
from .supervisor import Supervisor
from .worker import run_worker

_log = logging.getLogger("dynaspan")


def start(settings: Settings) -> int:
    """Serves until SIGTERM or SIGINT; returns the exit status. Raises ConfigError."""
    configure_logging(settings)
    # Built here although workers build their own: what is wrong is said once, before any starts.
    app = create_app(settings)
    endpoints = _bind(settings)

    def announce() -> None:
        _log.info(
            "dynaspan %s serves %s (store %s, auth %s, workers %d)",
            __version__,
            " and ".join(endpoint.url for endpoint in endpoints),
            settings.store_for_display,
            settings.auth,
            settings.workers,
        )

    if settings.workers == 1:
        return run_worker(settings, app, endpoints, announce)
    return Supervisor(settings, endpoints, announce).run()


def _bind(settings: Settings) -> list[Endpoint]:
    endpoints = [Endpoint(_bound_socket(settings.host, settings.port))]
    if settings.https_port is not None and settings.tls_cert is not None:
        for file in filter(None, (settings.tls_cert, settings.tls_key)):
            if not file.is_file():
                raise ConfigError(f"there is no file {file} (tls_cert, tls_key)")
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
                settings.tls_cert, settings.tls_key
            )
        except (OSError, ssl.SSLError) as fault:
            raise ConfigError(f"tls_cert and tls_key cannot be used: {fault}") from None
        secure = _bound_socket(settings.host, settings.https_port)
        endpoints.append(Endpoint(secure, settings.tls_cert, settings.tls_key))
    return endpoints


def _bound_socket(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # localhost may be found as ::1 first, where hardly any client looks.
        found.sort(key=lambda info: info[0] != socket.AF_INET)
        family, kind, protocol, _, address = found[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as fault:
        raise ConfigError(f"cannot listen on {host} port {port}: {fault.strerror}") from None
    return bound
