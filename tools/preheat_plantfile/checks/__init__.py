"""Problems between the fields of a plant file, and warnings about a valid one."""
