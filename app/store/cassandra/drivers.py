"""Which adapter of the driver port a store URL asks for."""

from __future__ import annotations

from ...config import ConfigError
from .python_driver import PythonDriver
from .session import Session
from .url import Address


def driver_of(address: Address, password: str | None) -> Session:
    """Raises ConfigError for `driver=cpp` without the package, or with what it cannot do."""
    if address.driver != "cpp":
        return PythonDriver(address, password)
    # Imported here: an extra, and ten megabytes that nobody else loads.
    try:
        from .cpp_driver import CppDriver
    except ModuleNotFoundError as exc:
        if exc.name != "acsylla":
            raise
        raise ConfigError("store: driver=cpp needs acsylla: pip install 'dynaspan[cpp]'") from None
    if len({port for _, port in address.contact_points}) > 1:
        raise ConfigError("store: driver=cpp needs nodes that all have one port")
    return CppDriver(address, password)
