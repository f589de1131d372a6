"""The board: what a plant shows on its wall. Reads facts, makes a view of them, and the HTML that shows it."""
