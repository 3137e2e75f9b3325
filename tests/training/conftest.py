import sys
from types import ModuleType

import pytest


@pytest.fixture(autouse=True)
def plain_main(monkeypatch):
    """Keep spawned processes, which import ``__main__``, from running the app that page tests leave there."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
