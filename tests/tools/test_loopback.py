from __future__ import annotations

import socket

from tools.loopback import can_listen, own_address


def test_an_own_address_can_be_listened_on() -> None:
    address, ports = own_address(2)
    assert len(set(ports)) == 2
    assert address.startswith("127.")
    assert all(can_listen(address, port) for port in ports)


def test_a_port_in_use_cannot_be_listened_on() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert not can_listen("127.0.0.1", taken.getsockname()[1])
