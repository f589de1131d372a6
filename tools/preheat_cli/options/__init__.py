"""Options and arguments that several commands share, and how their texts are read."""
