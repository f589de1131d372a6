"""Calendars: which local dates and hours a schedule means, and the UTC instants that they are."""
