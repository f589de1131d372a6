"""Requests of other services: read, judged, answered once and stored, in that order. Pure except for its ports.

The path of a request, with the value that each step hands on:

1. SQS delivers `IncomingMessage`: a body, and the sender that SQS authenticated.
2. `envelope.open_message` -> `OpenedMessage`: the request's id, requester and digest. `message.parse` reads the fields
   that `fields` defines -> `Parsed`: a `Request`, or every problem with it.
3. `desk.Desk.take` looks for a stored `Reply` under that id. The same request again gets the same reply.
4. `desk` gathers a `Case`: the request, its models and records, and the holds and blocks of its subject.
5. `ruling.rule` judges the case -> `Ruling`: a `Code`, a reason, and the hold, block or release to store.
   `prospects.forecast` says what becomes of the model.
6. `desk` writes the `Reply`, and stores it with the change in one transaction. Then it wakes the models concerned.
7. -> `Taken`: for the log. Rejected requests go to their own queue.

The way back: the stream of the table carries the stored reply to `publish`. It puts the event `Request Accepted` or
`Request Rejected` on the bus, and sends the reply to the queue in `reply_to`.
"""
