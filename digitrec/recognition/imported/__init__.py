"""Networks that were trained elsewhere, with inputs and outputs of their own."""
