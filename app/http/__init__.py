"""The edge: bytes to an operation and back.

`DataPlane` answers POST / as raw ASGI, in the service's order of checks; `Application` is the
FastAPI app round it with health, metrics and CORS preflight; `serve` runs one on sockets.
"""
