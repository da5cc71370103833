"""From the headers of a request to who sent it.

`authorization` and `sigv4` are pure: text, secret and time are passed in. `KeyRing` is where
secrets come from; `Authenticator` is the policy of a server: off, warn or enforce. What a principal
may do is decided behind `Authenticator.authenticate`, once policies exist.
"""

from .authenticator import Authenticator, Principal
from .keys import KeyRing, StaticKeys, key_ring
from .sigv4 import signing_key_counts

__all__ = [
    "Authenticator",
    "KeyRing",
    "Principal",
    "StaticKeys",
    "key_ring",
    "signing_key_counts",
]
