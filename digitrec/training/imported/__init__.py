"""Import models that were trained elsewhere, without running code from their files."""
