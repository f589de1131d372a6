"""The simulated hosting services: the real wire formats over a state machine that needs no cloud, socket or clock.

Inside, each imports only to its right:

    serve -> web -> controls -> options | transport -> json_wire | wire -> the three services -> their parts

`service` is Lookout for Vision, `custom_labels` Rekognition's, `endpoints` SageMaker. They share the core (account,
answering, hosted, faults, tokens, ...), and `words` has the words of each. They are fast and pure enough for a
discrete-event simulation. `transport` puts a real botocore client onto one in process. `serve` is the HTTP server of
`preheat simulator`. Only `web` and `serve` know Starlette and uvicorn.
"""
