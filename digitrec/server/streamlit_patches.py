"""Changes to private functions of Streamlit, for which it has no setting. Tested with version 1.67.

tests/browser/test_sign_in.py and tests/server/test_sessions.py fail if an upgrade breaks them.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.web.server.starlette import starlette_auth_routes as auth_routes
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from digitrec.accounts.users import used_claims
from digitrec.server.addresses import client_network

_MAX_COOKIE_BYTES = 4500
"""How much the cookies of a sign-in may hold. Base64 makes it a third longer, and a header is limited to 8 KB."""
_MESSAGES = {"rerun_script", "stop_script", "app_heartbeat", "file_urls_request", "backend_operation_request"}
_MAX_FILES = 3
_MAX_FILE_BYTES = 150 * 2**20


def patch_sessions() -> None:
    """Limit what one visitor can do to the others.

    - Messages that the pages don't send are ignored. Streamlit has a menu for developers that clears everyone's caches.
      On request, it also runs git and creates any number of upload addresses while everyone waits.
    - Only the newest three uploads of a session stay in memory, and 150 MB of all sessions: those of closed sessions
      go first, then those of the address that holds the most. Streamlit keeps them all until it forgets the session,
      minutes after it was closed.
    """
    add_file = MemoryUploadedFileManager.add_file

    def add_and_forget(manager: MemoryUploadedFileManager, session_id: str, file: UploadedFileRec) -> None:
        add_file(manager, session_id, file)
        for file_id in list(manager.file_storage[session_id])[:-_MAX_FILES]:
            manager.remove_file(session_id, file_id)
        while manager._total_bytes > _MAX_FILE_BYTES:
            storage = manager.file_storage
            sizes = {session: sum(len(file.data) for file in files.values()) for session, files in storage.items()}
            addresses = {}
            for session in sizes:
                client = Runtime.instance().get_client(session)
                if client and client.client_context:
                    addresses[session] = client_network(client.client_context.remote_ip)
            manager.remove_session_files(session_to_forget(sizes, addresses))

    MemoryUploadedFileManager.add_file = add_and_forget  # type: ignore[assignment, method-assign]
    handle = AppSession.handle_backmsg

    def handle_known(session: AppSession, message: BackMsg) -> None:
        if message.WhichOneof("type") in _MESSAGES and len(message.file_urls_request.file_names) <= _MAX_FILES:
            handle(session, message)

    AppSession.handle_backmsg = handle_known  # type: ignore[assignment, method-assign]


def session_to_forget(sizes: Mapping[str, int], addresses: Mapping[str, str]) -> str:
    """Return the session whose uploads should be dropped first.

    ``sizes`` maps each session with uploads, oldest first, to their bytes, and ``addresses`` each open session to its
    IP address.
    """
    held = Counter[str]()
    for session, size in sizes.items():
        if session not in addresses:
            return session
        held[addresses[session]] += size
    greediest = max(held, key=held.__getitem__)
    return next(session for session in sizes if addresses[session] == greediest)


def patch_sign_in(end_sign_in: Callable[[Mapping[str, Any]], None]) -> None:
    """Store only the claims that digitrec uses in the cookie, and call ``end_sign_in`` with them on every sign-out.

    Streamlit stores all claims and tokens of the provider. If they include hundreds of groups, the browser's cookies
    get so long that its websocket is never answered.
    """
    set_cookie, log_out = auth_routes._set_auth_cookie, auth_routes._auth_logout

    async def set_short_cookie(response: Response, user_info: dict[str, Any], tokens: dict[str, Any]) -> None:
        claims = used_claims(user_info)
        # The ID token only spares users a question when they sign out of the provider.
        id_token = tokens.get("id_token", "")
        fits = len(json.dumps(claims)) + len(id_token) <= _MAX_COOKIE_BYTES
        await set_cookie(response, claims, {"id_token": id_token} if id_token and fits else {})

    async def end_and_log_out(request: Request, base_url: str) -> Response:
        # Without this, a copy of the cookie would stay valid.
        if claims := auth_routes._get_cookie_value_from_request(request, USER_COOKIE_NAME):
            await run_in_threadpool(end_sign_in, json.loads(claims))
        return await log_out(request, base_url)

    auth_routes._set_auth_cookie = set_short_cookie
    auth_routes._auth_logout = end_and_log_out
