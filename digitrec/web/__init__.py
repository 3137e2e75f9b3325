"""The pages: the only package that imports Streamlit, except for ``server/streamlit_patches.py``."""
