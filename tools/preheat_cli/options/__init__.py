"""Options and arguments that several commands share, and how to read their texts."""
