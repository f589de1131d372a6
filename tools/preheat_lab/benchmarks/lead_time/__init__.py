"""How often each lead rule is late, and what it costs, against ten invented latency processes."""
