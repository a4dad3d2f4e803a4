"""The package map holds every folder with code, and an installed copy needs no symlinks."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS = PROJECT["tool"]["setuptools"]


def folders_with_code() -> set[str]:
    """The import names of all folders that hold modules, found without following links."""
    found = set()
    for top, name in (("ssair", "ssair"), ("passes", "ssair.passes"), ("frontends", "ssair.frontends")):
        for folder, subfolders, files in os.walk(ROOT / top):
            subfolders[:] = [sub for sub in subfolders if sub != "__pycache__"]
            if "__init__.py" in files:
                inner = Path(folder).relative_to(ROOT / top).parts
                found.add(".".join((name, *inner)))
    return found


def test_the_package_list_is_what_the_folders_hold():
    assert set(SETUPTOOLS["packages"]) == folders_with_code()


def test_each_link_leads_to_the_folder_of_its_package():
    for name, folder in SETUPTOOLS["package-dir"].items():
        if "." in name:
            link = ROOT / name.replace(".", "/")
            assert link.is_symlink()
            assert link.resolve() == ROOT / folder


def test_every_grammar_is_package_data():
    patterns = SETUPTOOLS["package-data"]
    for grammar in [*ROOT.glob("ssair/*.lark"), *ROOT.glob("frontends/*/*.lark")]:
        package = "ssair" if grammar.parent == ROOT / "ssair" else f"ssair.frontends.{grammar.parent.name}"
        assert "*.lark" in patterns[package]


@pytest.mark.parametrize("package", ["passes", "frontends"])
def test_the_folders_refuse_another_import_name(package):
    command = [sys.executable, "-c", f"import {package}"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert f"ssair.{package}" in run.stderr


def test_a_copy_without_links_builds_whole(tmp_path):
    """What `pip install` takes from an archive that lost the links: every module is in the build."""
    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns("__pycache__", ".*", "*.egg-info", "build")
    shutil.copytree(ROOT, copy, symlinks=True, ignore=ignored)
    for name in SETUPTOOLS["package-dir"]:
        if "." in name:
            (copy / name.replace(".", "/")).unlink()
    build = "from setuptools import setup; setup()"
    command = [sys.executable, "-c", build, "-q", "build_py", "--build-lib", str(tmp_path / "built")]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    for name in SETUPTOOLS["packages"]:
        folder = tmp_path / "built" / name.replace(".", "/")
        source = ROOT / name.replace(".", "/")
        assert {file.name for file in folder.glob("*.py")} == {file.name for file in source.glob("*.py")}
    assert (tmp_path / "built/ssair/frontends/fun/fun.lark").exists()
