import sys
from types import ModuleType

import pytest


@pytest.fixture(autouse=True)
def plain_main(monkeypatch):
    """Processes begun anew import what is ``__main__`` here; after tests of pages that would be the app."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
