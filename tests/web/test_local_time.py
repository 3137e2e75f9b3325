from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from digitrec.web.shared import local_time
from digitrec.web.shared.local_time import format_date, format_local

MOMENT = datetime(2026, 11, 30, 23, 5, tzinfo=UTC)


@pytest.fixture
def viewer(monkeypatch):
    def set_viewer(locale, timezone):
        monkeypatch.setattr(local_time.st, "context", SimpleNamespace(locale=locale, timezone=timezone))

    return set_viewer


@pytest.mark.parametrize(
    ("locale", "timezone", "shown"),
    [
        ("en-US", "America/New_York", "Nov 30, 2026, 6:05\u202fPM"),
        ("en-GB", "Europe/London", "30 Nov 2026, 23:05"),
        ("de-DE", "Europe/Berlin", "01.12.2026, 00:05"),
        ("zh-Hans-CN", "Asia/Shanghai", "2026年12月1日, 07:05"),
        *(
            (locale, None, "Nov 30, 2026, 11:05\u202fPM")
            for locale in (None, "", "tlh", "not a locale", "en-US-u-hc-h12")
        ),
    ],
)
def test_times_are_written_as_the_viewer_writes_them(viewer, locale, timezone, shown):
    viewer(locale, timezone)

    assert format_local(MOMENT) == shown
    assert shown.startswith(format_date(local_time.to_local(MOMENT)))
