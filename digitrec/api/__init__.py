"""The JSON API: what comes in, who asks, what goes out. Nothing here imports Streamlit."""
