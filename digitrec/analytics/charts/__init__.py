"""Altair charts as Vega-Lite specifications; the data is passed in when a chart is shown."""
