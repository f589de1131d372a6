"""The board: what a plant shows on its wall. A view made of facts, and the HTML that shows it."""
