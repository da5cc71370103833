from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools import stages
from tools.server import inherited_environment
from tools.stages import Stage, count, has_tests, run_all

TESTS = Path(__file__).resolve().parent.parent


@pytest.fixture
def tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in place of tests/."""
    monkeypatch.setattr(stages, "TESTS", tmp_path)
    monkeypatch.setattr(stages, "ROOT", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider -p no:asyncio\n")
    return tmp_path


def stage(name: str, budget: float = 60) -> Stage:
    return Stage(name, budget, budget, (name,))


def write(tests: Path, name: str, code: str) -> None:
    (tests / name).mkdir()
    (tests / name / f"test_{name}.py").write_text(code)


# A folder that no stage names would never be run, and nobody would notice.
def test_every_test_belongs_to_exactly_one_stage_of_a_store() -> None:
    pure, *others = stages.stages()
    top = {path.relative_to(TESTS).parts[0] for path in TESTS.rglob("test_*.py")}
    assert top <= {*pure.paths, *(path for other in others for path in other.paths)}
    assert not set(pure.paths) & {path for other in others for path in other.paths}


def test_the_last_line_sums_all_stages(tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tests, "one", "def test_a(): pass\ndef test_b(): pass\n")
    skipped = "import pytest\n@pytest.mark.skip(reason='no')\ndef test_c(): pass\n"
    write(tests, "two", skipped + "def test_d(): assert 0\n")
    assert not run_all([stage("one"), stage("two")], long=False)
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 1 failed, 1 skipped"


def test_all_passed_is_success(tests: Path) -> None:
    write(tests, "one", "def test_a(): pass\n")
    assert run_all([stage("one")], long=False)


# Nothing ran, so nothing is known.
def test_no_test_at_all_is_failure(tests: Path) -> None:
    (tests / "one").mkdir()
    assert not has_tests(tests / "one")
    assert not run_all([stage("one")], long=False)


# A crash while collecting reports no failed test, and must not pass for success.
def test_a_stage_that_breaks_is_failure(tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tests, "one", "import os\ndef test_a(): os._exit(3)\n")
    assert not run_all([stage("one")], long=False)
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"


def test_a_stage_is_ended_at_twice_its_budget(
    tests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tests, "one", "import time\ndef test_a(): time.sleep(60)\n")
    assert not run_all([stage("one", budget=1)], long=False)
    assert "ended after 2 s, twice its budget" in capsys.readouterr().out


# Also one that has left its parent's session, as a daemon does.
def test_a_process_left_behind_is_ended_and_fails_the_run(
    tests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(
        tests,
        "one",
        "import subprocess, sys\n"
        "def test_a():\n"
        "    p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],\n"
        "                         start_new_session=True)\n"
        "    open('pid', 'w').write(str(p.pid))\n"
        "    p.returncode = 0\n",
    )
    assert not run_all([stage("one")], long=False)
    assert "left behind:" in capsys.readouterr().out
    pid = int((tests / "pid").read_text())
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text()


@pytest.mark.parametrize("long", [False, True])
def test_long_reaches_the_tests(tests: Path, long: bool) -> None:
    expected = "1" if long else ""
    write(
        tests,
        "one",
        f"import os\ndef test_a(): assert os.environ['DYNASPAN_TEST_LONG'] == {expected!r}\n",
    )
    assert run_all([stage("one")], long=long)


def test_a_report_that_was_not_written_counts_nothing(tmp_path: Path) -> None:
    assert count(tmp_path / "none.xml") == (0, 0, 0)


# The stages set these for the tests; a server under test must not take them for settings.
def test_servers_inherit_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNASPAN_PORT", "1")
    monkeypatch.setenv("DYNASPAN_TEST_RUN", "mark")
    inherited = inherited_environment()
    assert "DYNASPAN_PORT" not in inherited
    assert inherited["DYNASPAN_TEST_RUN"] == "mark"
    assert inherited["PATH"] == os.environ["PATH"]
