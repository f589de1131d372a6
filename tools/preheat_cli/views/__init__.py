"""Output of facts: as text, JSON, SVG or HTML. Depends on no command."""
