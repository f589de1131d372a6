"""`preheat import`: print another tool's calendar as a plant file. One module for each format."""
