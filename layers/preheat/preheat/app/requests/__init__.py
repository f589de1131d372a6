"""Requests of other services: read, judged, answered once and stored, in that order. Pure but for its ports."""
