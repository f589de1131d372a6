"""preheat_plantfile."""
