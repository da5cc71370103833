"""Lambda on this machine: the real runtime interface client against a small Runtime API.

A front door over HTTP turns requests into events as a load balancer or an API Gateway does, and
answers into responses. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from .fronts import FRONTS
from .runtime import LocalLambda

__all__ = ["FRONTS", "LocalLambda"]
