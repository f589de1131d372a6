"""What Preheat itself costs: calls measured in a simulated week, at list prices."""
