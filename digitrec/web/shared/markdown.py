"""Escaping text for Markdown."""


def escape_markdown(text: str) -> str:
    """Escape every character that has a meaning in Streamlit's Markdown."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]()<>#+-.!|$:~" else character for character in text)
