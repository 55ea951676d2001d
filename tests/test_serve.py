"""`lukuina serve`: the pages, and the site's own page for an address that is not there."""

import functools
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

import requests

from pipelines.serve import Handler


def test_an_unknown_address_gets_the_sites_own_page_with_status_404(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("etusivu", encoding="utf-8")
    (tmp_path / "404.html").write_text("Sivua ei löydy", encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            base = f"http://127.0.0.1:{server.server_port}"
            assert requests.get(f"{base}/", timeout=5).text == "etusivu"
            missing = requests.get(f"{base}/fi/luku/ei-ole/", timeout=5)
            assert (missing.status_code, missing.content.decode()) == (404, "Sivua ei löydy")
            assert requests.head(f"{base}/ei-ole", timeout=5).status_code == 404
            (tmp_path / "404.html").unlink()
            assert "Error code: 404" in requests.get(f"{base}/ei-ole", timeout=5).text
        finally:
            server.shutdown()
