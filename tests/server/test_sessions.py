"""Messages and files that a browser can send and no visitor would."""

from io import BytesIO

import aiohttp
import psutil
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLsRequest
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from digitrec.samples import samples
from digitrec.server.streamlit_patches import patch_sessions, session_to_forget
from tests.support.app import running_app
from tests.support.client import Session, finish
from tests.support.hostile import large_canvas_value

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_app(DIGITREC_DATA=str(tmp_path_factory.mktemp("data"))) as server:
        yield server


def test_drawing_beyond_every_limit_is_refused_at_once(server):
    async def attack():
        async with Session(server.url) as session:
            wide = await session.run(large_canvas_value(strokes=2, stroke_width=4_000_000))
            empty = await session.draw(())
            many = await session.run(large_canvas_value(strokes=20_000))
            return wide, empty, many, await session.draw(samples()[7])

    wide, empty, many, drawn = finish(attack())

    assert "doesn't fit" in wide.text and not wide.is_saved
    assert "doesn't fit" not in empty.text
    assert "too complex" in many.text and not many.is_saved
    assert drawn.is_saved


def test_stroke_sends_only_what_it_changes(server):
    async def strokes():
        async with Session(server.url) as session:
            await session.draw(samples()[7])
            sent = session.widgets.copy()
            session.widgets.clear()
            return sent, await session.draw(samples()[1]), session.widgets

    before, drawn, sent = finish(strokes())

    assert drawn.is_saved
    assert {"undo", "clear"} <= before.keys()
    assert not {"undo", "clear"} & sent.keys()


def test_visitor_cannot_clear_caches(server):
    async def attack():
        async with Session(server.url) as session:
            await session.draw(samples()[7])
            await session.socket.send(BackMsg(clear_cache=True).SerializeToString())
            # Streamlit would also forget the drawing of this session.
            return await session.run()

    assert finish(attack()).is_saved


@pytest.mark.parametrize(
    ("message", "is_handled"),
    [
        (BackMsg(app_heartbeat=True), True),
        (BackMsg(file_urls_request=FileURLsRequest(file_names=["seven.png"])), True),
        (BackMsg(file_urls_request=FileURLsRequest(file_names=[""] * 100_000)), False),
        (BackMsg(load_git_info=True), False),
        (BackMsg(clear_cache=True), False),
        (BackMsg(set_run_on_save=True), False),
        (BackMsg(), False),
    ],
    ids=lambda value: value.WhichOneof("type") if isinstance(value, BackMsg) else None,
)
def test_only_messages_that_pages_send_are_handled(message, is_handled, monkeypatch):
    handled = []
    monkeypatch.setattr(AppSession, "handle_backmsg", lambda session, message: handled.append(message))
    # Restored after the test, because ``patch_sessions`` replaces it too.
    monkeypatch.setattr(MemoryUploadedFileManager, "add_file", MemoryUploadedFileManager.add_file)
    patch_sessions()

    AppSession.handle_backmsg(None, message)

    assert handled == [message] * is_handled


def test_unused_uploads_leave_the_memory(server):
    process, file = psutil.Process(server.process.pid), bytes(9_900_000)

    async def upload(session, http, count):
        async with http.get(server.url + "/_stcore/health") as response:
            token = response.cookies["_streamlit_xsrf"].value
        headers = {"X-Xsrftoken": token, "Cookie": f"_streamlit_xsrf={token}"}
        for number in range(count):
            address = f"{server.url}/_stcore/upload_file/{session.id}/{number}"
            async with http.put(address, data={"file": BytesIO(file)}, headers=headers) as response:
                assert response.status == 204

    async def attack():
        async with aiohttp.ClientSession() as http:
            async with Session(server.url) as session:
                await upload(session, http, 1)
                before = process.memory_info().rss
                await upload(session, http, 20)
                one_session = process.memory_info().rss - before
            for _ in range(20):
                async with Session(server.url) as session:
                    await upload(session, http, 3)
            return one_session, process.memory_info().rss - before

    one_session, closed_sessions = finish(attack())

    assert one_session < 100e6
    assert closed_sessions < 250e6


def test_closed_sessions_and_greedy_addresses_lose_uploads_first():
    sizes = {"visitor": 30, "first": 20, "second": 20, "closed": 1}
    addresses = {"visitor": "192.0.2.1", "first": "192.0.2.2", "second": "192.0.2.2"}

    assert session_to_forget(sizes, addresses) == "closed"
    del sizes["closed"]
    assert session_to_forget(sizes, addresses) == "first"
    del sizes["first"]
    assert session_to_forget(sizes, addresses) == "visitor"
