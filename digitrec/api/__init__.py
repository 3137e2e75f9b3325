"""The JSON API. Nothing here imports Streamlit."""
