"""The edge: bytes to an operation and back.

`DataPlane` answers POST / as raw ASGI, in the service's order of checks; `Application` is the
FastAPI app round it with health, metrics and CORS preflight, `Front` the same with FastAPI imported
when needed; `serve` runs one on sockets.
"""
