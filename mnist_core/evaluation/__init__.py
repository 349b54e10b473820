"""How well a model reads many digits, and which of two models reads them better."""
