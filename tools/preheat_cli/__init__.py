"""The command line: never loaded in Lambda."""
