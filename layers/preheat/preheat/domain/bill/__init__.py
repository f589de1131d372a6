"""The bill, as a model's ledger shows it: billed time as money, and the savings against running all the time."""
