"""The cost of Preheat itself: calls measured in a simulated week, at list prices."""
