"""The board: what stands on the wall of a plant. A view made of facts, and the HTML that shows it."""
