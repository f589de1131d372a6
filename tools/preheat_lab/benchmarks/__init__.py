"""Measurements of speed and of the lead rule. They print figures; what judges a figure says so."""
