"""How facts are printed: as text, JSON, SVG or HTML. Depends on no command."""
