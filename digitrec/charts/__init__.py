"""Charts: Vega-Lite specifications that Altair makes once; the data comes with each showing."""
