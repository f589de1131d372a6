"""The verdict on one model: what people read first, with its cause and what they can do about it."""
