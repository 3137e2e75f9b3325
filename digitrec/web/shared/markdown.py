"""Text that Markdown leaves alone."""


def escape_markdown(text: str) -> str:
    """Text in which Markdown means nothing."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]()<>#+-.!|$:~" else character for character in text)
