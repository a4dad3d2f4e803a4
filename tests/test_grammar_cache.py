"""The tables of the grammar are kept for the next process, and whatever becomes of the file does no harm."""

import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import lark
import pytest

from ssair.frontends.fun import grammar
from ssair.frontends.fun.grammar import cache_folder, fun_parser

ROOT = Path(__file__).parents[1]
PROGRAM = "fn main(x: i64) -> i64 = x + 1"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of its own for the cache, which is not made yet."""
    chosen = tmp_path / "cache"
    monkeypatch.setenv("SSAIR_CACHE_DIR", str(chosen))
    return chosen


@pytest.fixture
def built(monkeypatch):
    """A list that grows with each parser that is built from the grammar's text, and not read."""
    texts: list[str] = []
    build = lark.Lark.__init__

    def counted(self, text, **options):
        texts.append(text)
        build(self, text, **options)

    monkeypatch.setattr(lark.Lark, "__init__", counted)
    return texts


def parses() -> bool:
    return fun_parser(None).parse(PROGRAM).data == "program"


def kept(folder: Path) -> Path:
    """The one file of the cache."""
    (file,) = folder.iterdir()
    return file


def test_the_tables_are_built_once(folder, built):
    assert parses() and parses() and parses()
    assert len(built) == 1


def test_what_is_kept_belongs_to_the_user_alone(folder):
    assert parses()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert kept(folder).stat().st_mode & 0o777 == 0o600


def test_another_grammar_has_other_tables(folder, built, monkeypatch):
    assert parses()
    other = grammar.grammar_text() + "\n"
    monkeypatch.setattr(grammar, "grammar_text", lambda: other)
    assert parses()
    assert len(built) == 2 and len(list(folder.iterdir())) == 2


def test_another_version_of_lark_has_other_tables(folder, built, monkeypatch):
    assert parses()
    monkeypatch.setattr(lark, "__version__", "1.99")
    assert parses()
    assert len(built) == 2 and len(list(folder.iterdir())) == 2


def signed(content: bytes) -> bytes:
    """Content as a file that carries its right digest."""
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


class Runs:
    """An object whose pickle runs code when it is read."""

    def __reduce__(self):
        return os.mkdir, ("ran",)


DAMAGE = {
    "empty": lambda data: b"",
    "truncated": lambda data: data[: len(data) // 2],
    "one byte missing": lambda data: data[:-1],
    "one bit changed": lambda data: data[:-9] + bytes([data[-9] ^ 4]) + data[-8:],
    "random bytes": lambda data: os.urandom(1000),
    "no pickle": lambda data: signed(b"tables"),
    "a pickle of something else": lambda data: signed(pickle.dumps(["tables"])),
    "tables of another form": lambda data: signed(pickle.dumps({"data": {"options": {}}, "memo": {1: 2}})),
    "no tables at all": lambda data: signed(pickle.dumps({})),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_is_made_again(name, folder, built):
    assert parses()
    file = kept(folder)
    file.write_bytes(DAMAGE[name](file.read_bytes()))
    assert parses() and len(built) == 2
    assert parses() and len(built) == 2, "it is whole again"


def test_reading_runs_no_code(folder, tmp_path, monkeypatch):
    assert parses()
    kept(folder).write_bytes(signed(pickle.dumps({"data": Runs(), "memo": {}})))
    monkeypatch.chdir(tmp_path)
    assert parses() and not (tmp_path / "ran").exists()


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_that_others_may_write_is_not_used(mode, folder, built):
    folder.mkdir()
    folder.chmod(mode)
    assert parses() and not list(folder.iterdir())
    folder.chmod(0o700)
    assert parses()
    folder.chmod(mode)
    assert parses() and len(built) == 3


def test_a_file_that_others_may_write_is_not_read(folder, built):
    assert parses()
    kept(folder).chmod(0o666)
    assert parses() and len(built) == 2
    assert kept(folder).stat().st_mode & 0o777 == 0o600, "it is replaced by one of the user's own"


def test_a_file_of_another_user_is_not_read(folder, built, monkeypatch):
    assert parses()
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert parses() and len(built) == 2


def test_links_are_not_followed(folder, built, tmp_path):
    assert parses()
    kept(folder).rename(tmp_path / "elsewhere")
    (folder / kept_name()).symlink_to(tmp_path / "elsewhere")
    assert parses() and len(built) == 2


def kept_name() -> str:
    place = grammar._cache_place(grammar.grammar_text())
    assert place is not None
    return place.name


def test_what_is_no_file_is_passed_over(folder, built):
    folder.mkdir(mode=0o700)
    (folder / kept_name()).mkdir()
    assert parses() and parses() and len(built) == 2


def test_a_pipe_is_not_waited_for(folder):
    folder.mkdir(mode=0o700)
    os.mkfifo(folder / kept_name())
    assert parses()


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path, monkeypatch, built):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SSAIR_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert parses() and parses() and len(built) == 2


def test_a_disk_that_is_full_is_done_without(folder, built, monkeypatch):
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert parses() and parses() and len(built) == 2
    assert not list(folder.iterdir())


def test_nothing_is_kept_if_the_folder_is_empty_by_name(monkeypatch, built):
    monkeypatch.setenv("SSAIR_CACHE_DIR", "")
    assert cache_folder() is None
    assert parses() and parses() and len(built) == 2


PLACES = [
    # system    XDG_CACHE_HOME  HOME            folder
    ("linux",   "/caches",      "/home/someone", "/caches/ssair"),
    ("linux",   "",             "/home/someone", "/home/someone/.cache/ssair"),
    ("linux",   "relative",     "/home/someone", "/home/someone/.cache/ssair"),
    ("linux",   "",             "nowhere",       None),
    ("freebsd", "",             "/home/someone", "/home/someone/.cache/ssair"),
    ("darwin",  "",             "/home/someone", "/home/someone/Library/Caches/ssair"),
    ("darwin",  "/caches",      "/home/someone", "/caches/ssair"),
    ("win32",   "",             "/home/someone", "/local/ssair"),
]  # fmt: skip


@pytest.mark.parametrize(("system", "xdg", "home", "folder"), PLACES)
def test_the_folder_is_where_caches_are(system, xdg, home, folder, monkeypatch):
    monkeypatch.delenv("SSAIR_CACHE_DIR", raising=False)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv("XDG_CACHE_HOME", xdg)
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    assert cache_folder() == (folder and Path(folder))


def test_processes_that_start_together_share_one_file(folder):
    code = f"from ssair.frontends.fun.parse import parse_program; parse_program({PROGRAM!r})"
    command = [sys.executable, "-c", code]
    started = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[1] for process in started] == [""] * 4
    assert kept(folder).read_bytes() == signed(kept(folder).read_bytes().partition(b"\n")[2])
