"""Real nights by Dagster's daemon and web server on this machine, against a local server; about six minutes.

    .venv/bin/python bench/dagster_nights.py FOLDER [PICTURE.png]

What belongs here: starting ``dagster dev`` as ``make dev`` does, with a schedule that ticks every minute, and a local
server that stands for PRH and for the receiver of alerts: a good night, one in which the source fails, the same again,
one in which it recovers. Everything is done as at night, but for the rendering of the site. It prints what was told
and how the runs ended, and ends with 1 when that is not as it should be. With a browser it takes the pictures in
docs/operate.md. Everything is written into FOLDER, which must not exist.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from tests.servers import Publisher, Reply, publisher  # noqa: E402
from tests.sources import prh_pages  # noqa: E402

REHEARSAL = """
from pipelines import run
from tests import bare_site

run.render = bare_site.render
from pipelines.definitions import defs
"""
PORT = int(os.environ.get("DAGSTER_PORT", "3977"))
PAGE = prh_pages.PATHS["regions-fi"]
RUNS = "{ runsOrError(limit: 30) { ... on Runs { results { runId status jobName tags { key value } } } } }"


def ask(query: str) -> dict[str, Any]:
    """Ask Dagster's web server by GraphQL."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/graphql",
        json.dumps({"query": query}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)["data"]


def ended() -> list[dict[str, Any]]:
    """Return the nights that came to their end, oldest first."""
    try:
        runs = ask(RUNS)["runsOrError"]["results"]
    except OSError:
        return []
    return [run for run in reversed(runs) if run["status"] in {"SUCCESS", "FAILURE"}]


def until(what: str, check: Any, seconds: float = 400) -> Any:
    """Wait for something to become true."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if found := check():
            return found
        time.sleep(1)
    raise SystemExit(f"{what}: not after {seconds:.0f} s")


def told(server: Publisher) -> list[str]:
    """Return the first lines of the alerts about the source, in order."""
    lines = [request.json["text"].split("\n")[0].strip("*") for request in server.asked("/hook")]
    return [line for line in lines if "PRH" in line and "haku epäonnistuu" in line]


def reports(folder: Path) -> int:
    return len(list((folder / "data" / "reports").glob("*.json")))


def nights(server: Publisher, folder: Path) -> list[str]:
    """Let the nights come one by one; return what was told of the source until the end of each."""
    good = Reply(prh_pages.render("2025-01-02", prh_pages.edition("2025-01-02")).encode())
    said: list[str] = []
    for name, reply in (("good", good), ("failing", Reply(status=404)), ("failing", Reply(status=404)), ("good", good)):
        server.routes[PAGE] = reply
        number = len(server.asked(PAGE)) + 1  # a run asks once, and runs never overlap
        until(f"a tick asks ({name})", lambda number=number: len(server.asked(PAGE)) >= number)
        until(f"the night is reported ({name})", lambda number=number: reports(folder) >= number)
        said.append(", ".join(told(server)) or "nothing")
        print(f"night {number}, {name}: told of PRH so far: {said[-1]}", flush=True)
    return said


def picture(path: Path) -> None:
    """Take pictures of what the UI shows of a source: its check, and the publisher's freshness."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"http://127.0.0.1:{PORT}/assets/raw/prh?view=checks", wait_until="networkidle", timeout=60_000)
        page.wait_for_timeout(2000)
        page.screenshot(path=str(path))
        page.goto(f"http://127.0.0.1:{PORT}/assets/publisher/prh", wait_until="networkidle", timeout=60_000)
        page.wait_for_timeout(2000)
        page.screenshot(path=str(path.with_stem(path.stem + "-freshness")))
        browser.close()


def main() -> None:
    folder = Path(sys.argv[1]).resolve()
    home = folder / "dagster"
    home.mkdir(parents=True)
    shutil.copy(PROJECT / "deploy" / "dagster.yaml", home / "dagster.yaml")
    (folder / "rehearsal.py").write_text(REHEARSAL)
    with publisher() as server, (folder / "dagster.log").open("wb") as log:
        server.page("/hook", "ok")
        server.page("/beat", "ok")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LUKUINA_")},
            "DAGSTER_HOME": str(home),
            "PYTHONPATH": str(PROJECT),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "LUKUINA_DATA": str(folder / "data"),
            "LUKUINA_SITE": str(folder / "site"),
            "LUKUINA_NIGHT_CRON": "* * * * *",
            "LUKUINA_PRH_URL": server.url,
            "LUKUINA_ATTEMPTS": "1",
            "LUKUINA_WEBHOOK_URL": f"{server.url}/hook",
            "LUKUINA_HEARTBEAT_URL": f"{server.url}/beat",
        }
        command = [str(Path(sys.executable).parent / "dagster"), "dev", "-f", str(folder / "rehearsal.py")]
        command += ["-h", "127.0.0.1", "-p", str(PORT)]
        running = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log)
        try:
            said = nights(server, folder)
            for run in ended():
                print(run["status"], run["runId"], {tag["key"]: tag["value"] for tag in run["tags"]
                                                    if tag["key"].startswith("lukuina/newly")})  # fmt: skip
            if len(sys.argv) > 2:
                picture(Path(sys.argv[2]).resolve())
        finally:
            running.terminate()
            running.wait(60)
        name = "PRH, yhdistysrekisterin tilastot: haku epäonnistuu"
        print(f"heartbeats: {len(server.asked('/beat'))}")
        if said != ["nothing", f"Uusi: {name}", f"Uusi: {name}", f"Uusi: {name}, Ohi: {name}"]:
            raise SystemExit(f"told: {said}")
    print("as it should be: one message when it failed, none when it failed again, one when it recovered")


if __name__ == "__main__":
    main()
