"""The commands of `preheat backend`, one file a command."""
