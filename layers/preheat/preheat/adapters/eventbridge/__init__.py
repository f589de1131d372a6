"""The event bus of the stack: EventBridge, and its in-memory twin."""
