"""The board on your machine: a page that is served on loopback or written to a file. `preheat.app.board` renders it."""
