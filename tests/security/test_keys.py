"""The keys that sign."""

import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tripkit.config import ConfigError
from tripkit.security.keys import KeyRing, key_id, load_or_create

OLD, NEW, FOREIGN = (letter * 32 for letter in (b"o", b"n", b"f"))


def test_a_generated_key_is_kept_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret.key"
    key = load_or_create(path)
    assert len(key) >= 43, "256 bits as text"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create(path) == key
    assert list(path.parent.iterdir()) == [path]
    assert load_or_create(tmp_path / "other.key") != key


def test_threads_that_start_at_once_use_the_same_key(tmp_path: Path) -> None:
    keys: list[bytes] = []
    start = threading.Barrier(10)

    def load() -> None:
        start.wait()
        keys.append(load_or_create(tmp_path / "secret.key"))

    threads = [threading.Thread(target=load) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert keys == [keys[0]] * 10
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_processes_that_start_at_once_use_the_same_key(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tripkit.security.keys import load_or_create\n"
        "print('ready', flush=True); input(); print(load_or_create(Path(sys.argv[1])).decode())\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "secret.key")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in running:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    answers = {process.communicate("\n")[0] for process in running}
    assert len(answers) == 1
    assert answers == {(tmp_path / "secret.key").read_text()}


@pytest.mark.parametrize("content", ["", "\n", "x" * 31])
def test_a_file_without_a_whole_key_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secret.key"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"secret\.key: holds less than 32 bytes") as refused:
        load_or_create(path)
    assert "xxx" not in str(refused.value)
    assert path.read_text() == content


def test_a_key_that_cannot_be_read_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r": the key cannot be read or made: Is a directory\."):
        load_or_create(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be read or made"):
        load_or_create(tmp_path / "file" / "secret.key")


def test_a_key_has_an_id_that_tells_nothing_about_it() -> None:
    ring = KeyRing(NEW, (OLD,))
    assert ring.current_id == key_id(NEW) != key_id(OLD)
    assert len(ring.current_id) == 16
    assert NEW.decode() not in ring.current_id


def test_previous_keys_are_found_and_others_are_not() -> None:
    ring = KeyRing(NEW, (OLD,))
    assert ring.find("jwt", key_id(NEW)) == ring.signing("jwt")
    assert ring.find("jwt", key_id(OLD)) == KeyRing(OLD).signing("jwt")
    assert ring.find("jwt", key_id(FOREIGN)) is None


def test_each_purpose_has_a_key_of_its_own() -> None:
    ring = KeyRing(NEW)
    keys = {ring.signing("jwt"), ring.signing("cursor"), NEW}
    assert len(keys) == 3
    assert all(len(key) == 32 for key in keys)
