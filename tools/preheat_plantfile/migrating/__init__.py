"""Moving models to another service: the map from old targets to new ones."""
