"""The command line. It never ships to Lambda."""
