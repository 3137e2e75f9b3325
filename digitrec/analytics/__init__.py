"""Queries that return data frames, and the Altair charts made of them."""
