"""The strings that a page in AppTest shows to a user."""

import html
import json
import re

import pyarrow as pa
from google.protobuf.message import Message

INTERNAL_FIELDS = {"id", "key", "form_id", "icon", "url", "page", "page_script_hash", "user_key", "query_param_key"}
ATTRIBUTES = re.compile(r'(?:alt|aria-label|title|placeholder)="([^"]*)"')


def visible_strings(app):
    """Return every visible string of an app: texts, labels, help, table cells, chart titles and alternative texts."""
    return [text for element in app._tree for text in _strings(getattr(element, "proto", None)) if text.strip()]


def _strings(value, field=""):
    if field in INTERNAL_FIELDS or field.endswith("_content"):
        return
    if isinstance(value, Message):
        for descriptor, content in value.ListFields():
            if descriptor.name == "body" and "Html" in type(value).__name__:
                yield from ATTRIBUTES.findall(content)
                yield html.unescape(re.sub(r"<[^>]+>", " ", content))
            else:
                yield from _strings(content, descriptor.name)
    elif isinstance(value, str):
        if field in ("spec", "columns"):
            yield from _strings_of_json(json.loads(value or "{}"))
        else:
            yield value
    elif isinstance(value, bytes):
        if field == "data" and value[:4] == b"\xff\xff\xff\xff":
            table = pa.ipc.open_stream(value).read_all()
            for column in table.columns:
                if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                    yield from filter(None, column.unique().to_pylist())
    elif hasattr(value, "values"):
        for item in value.values():
            yield from _strings(item, field)
    elif not isinstance(value, int | float | None):
        for item in value:
            yield from _strings(item, field)


def _strings_of_json(value, name=""):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _strings_of_json(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _strings_of_json(item, name)
    elif isinstance(value, str) and name in ("title", "text", "label", "help", "labelExpr", "domain", "calculate"):
        yield value
