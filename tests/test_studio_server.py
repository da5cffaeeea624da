"""The embedded server's surroundings: ports, processes, accounts. The server itself is in test_studio_live.py."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from workbench.core.errors import StudioError
from workbench.core.workspace import Workspace
from workbench.studio import server as embedded
from workbench.studio.accounts import Account, keep_account, new_account, read_accounts
from workbench.studio.doctor import examine
from workbench.studio.process import alive, end_group, free_port, last_lines, one_at_a_time
from workbench.studio.server import Home, environment, find


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port


def test_a_process_is_known_by_its_command_line() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "--mark-of-mine"]) as process:
        assert alive(process.pid, mark="--mark-of-mine")
        assert not alive(process.pid, mark="label-studio")
        process.kill()
    assert not alive(process.pid, mark="--mark-of-mine")


def test_a_whole_group_is_ended_also_where_it_does_not_want_to() -> None:
    code = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True, text=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    end_group(process.pid, patience=0.5)
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)
    deadline = time.monotonic() + 10
    while alive(child, mark="sleep") and time.monotonic() < deadline:
        time.sleep(0.05)  # killed is not yet gone: its new parent has to take note
    assert not alive(child, mark="sleep")
    process.returncode = -signal.SIGKILL
    process.stdout.close()


def test_the_second_waits_for_the_first(tmp_path: Path) -> None:
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        with one_at_a_time(tmp_path / "lock", waiting=lambda: (order.append("waits"), inside.set())):  # type: ignore[arg-type, func-returns-value]
            order.append("second")

    with one_at_a_time(tmp_path / "lock", waiting=lambda: order.append("never")):
        thread = threading.Thread(target=second)
        thread.start()
        assert inside.wait(5)
        order.append("first")
    thread.join(5)
    assert order == ["waits", "first", "second"]


def test_the_log_is_told_without_its_requests(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\n[django.server::x] GET /\n\ntwo\n", encoding="utf-8")
    assert last_lines(log) == "one\ntwo"
    assert last_lines(tmp_path / "none") == ""


def test_accounts_are_private_and_do_not_show_in_messages(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    account = new_account("anna@localhost")
    keep_account(path, new_account("workbench@localhost"))
    keep_account(path, account)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(read_accounts(path)) == ["workbench@localhost", "anna@localhost"]
    assert read_accounts(path)["anna@localhost"] == account
    assert account.password not in repr(account)
    assert len(account.password) >= 20


@pytest.mark.parametrize("content", ["{", "[1]", '[{"email": "a"}]', '[{"email": "a", "password": "b", "x": 1}]'])
def test_a_damaged_accounts_file_is_said(tmp_path: Path, content: str) -> None:
    (tmp_path / "accounts.json").write_text(content, encoding="utf-8")
    with pytest.raises(StudioError, match=r"accounts.json is damaged .*move it away"):
        read_accounts(tmp_path / "accounts.json")


def test_the_server_is_closed_silent_and_free_of_the_users_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_HOST", "http://elsewhere")
    monkeypatch.setenv("POSTGRE_HOST", "db")
    told = environment(Home(tmp_path), Account("w@localhost", "secret"))
    assert "LABEL_STUDIO_HOST" not in told
    assert "POSTGRE_HOST" not in told
    wanted = {
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "COLLECT_ANALYTICS": "false",
        "SENTRY_DSN": "",
        "LATEST_VERSION_CHECK": "false",
        "ML_BLOCK_LOCAL_IP": "false",
        "SSRF_PROTECTION_ENABLED": "false",
        "DJANGO_DB": "sqlite",
        "fflag_fix_back_4620_memory_efficient_predictions_import_08012025_short": "true",
        "LABEL_STUDIO_BASE_DATA_DIR": str(tmp_path / "data"),
    }
    assert wanted.items() <= told.items()


@pytest.mark.parametrize("record", ['{"pid": 999999999, "port": 8080}', "{", '{"pid": 1}', "[]"])
def test_a_stale_record_is_no_server(tmp_path: Path, record: str) -> None:
    workspace = Workspace(tmp_path)
    home = Home.of(workspace)
    home.folder.mkdir(parents=True)
    keep_account(home.accounts, new_account("w@localhost"))
    home.record.write_text(record, encoding="utf-8")
    assert find(workspace) is None
    assert embedded.stop(workspace) is False
    assert not home.record.exists()


def test_the_pid_of_another_program_is_no_server(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    home = Home.of(workspace)
    home.folder.mkdir(parents=True)
    keep_account(home.accounts, new_account("w@localhost"))
    home.record.write_text(json.dumps({"pid": os.getpid(), "port": 8080}), encoding="utf-8")
    assert find(workspace) is None


def test_a_server_that_ends_while_starting_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("label_studio_sdk")
    program = tmp_path / "bin" / "label-studio"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'no such table: users'\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(embedded, "find_spec", lambda name: object())
    monkeypatch.setattr(sys, "executable", str(program.with_name("python")))
    with pytest.raises(StudioError, match=r"ended while it was starting; its log .* ends:\nno such table: users"):
        embedded.start(Workspace(tmp_path / "w"))
    assert not Home.of(Workspace(tmp_path / "w")).record.exists()


def test_the_doctor_sees_passwords_that_others_may_read(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    home = Home.of(workspace)
    home.folder.mkdir(parents=True, mode=0o700)
    keep_account(home.accounts, new_account("w@localhost"))
    home.accounts.chmod(0o644)
    found = {finding.what: finding for finding in examine(workspace)}
    assert (found["permissions"].state, found["permissions"].remedy) == ("error", f"chmod 600 {home.accounts}")
    assert found["server"].state == "error"
    home.accounts.chmod(0o600)
    assert {f.what: f.state for f in examine(workspace)}["permissions"] == "ok"
