"""preheat_lab."""
