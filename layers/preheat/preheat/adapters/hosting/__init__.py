"""The hosting services, one module each behind the port `Hosting`."""
