"""The board on your machine: a page on loopback or in a file. `preheat.app.board` renders it."""
