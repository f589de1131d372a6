"""The plant file as typed models: the one source for its reader and for the published JSON Schema."""
