"""A simulated Lookout for Vision: the real wire format over a state machine that needs no cloud, socket or clock.

Inside, each imports only to its right:

    serve -> web -> controls -> options | transport -> wire -> service -> its parts (hosted, faults, tokens, ...)

`service` is fast and pure enough for a discrete-event simulation; `transport` puts a real botocore client onto it in
process; `serve` is the HTTP server of `preheat simulator`. Only `web` and `serve` know Starlette and uvicorn.
"""
