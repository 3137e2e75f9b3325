"""Altair charts as Vega-Lite specifications; the pages pass in the data."""
