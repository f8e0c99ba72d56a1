"""The benchmark of the tests' time: it adds up what a report says, and gives each test to one thing at most."""

import importlib.util
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("times", Path(__file__).parents[2] / "benchmarks/where_test_time_goes.py")
times = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(times)
REPORT = """<testsuites><testsuite>
<testcase classname="tests.models.test_a" name="test_parity[mobilenet_v1_1.0]" time="2.5"/>
<testcase classname="tests.models.test_a" name="test_parity[mobilenet_v1]" time="0.5"/>
<testcase classname="tests.site.test_site.TestPages" name="test_page[05_shufflenet_v1-320]" time="4"/>
</testsuite></testsuites>"""


def test_sums_by_folder_and_by_name(tmp_path):
    (tmp_path / "report.xml").write_text(REPORT)
    cases = times.read(tmp_path / "report.xml")
    assert times.by_folder(cases) == {"tests/site": 4.0, "tests/models": 3.0}
    assert [case.name for case in cases][2] == "tests/site/test_site.py::test_page[05_shufflenet_v1-320]"
    assert times.owned(cases, ["shufflenet_v1"]) == {"shufflenet_v1": 0.0}, "the chapter's time is not the network's"
    assert times.owned(cases, ["mobilenet_v1", "mobilenet_v1_1.0", "net"]) == {
        "mobilenet_v1": 0.5, "mobilenet_v1_1.0": 2.5, "net": 0.0,
    }  # fmt: skip


def test_it_prints_every_part(tmp_path, capsys):
    (tmp_path / "report.xml").write_text(REPORT)
    times.main([str(tmp_path / "report.xml")])
    printed = capsys.readouterr().out
    assert "3 tests, 0.1 minutes" in printed and "4.0 s the most (05_shufflenet_v1)" in printed
    for kind, names in times.things().items():
        assert f"one {kind} of {len(names)}: " in printed


@pytest.mark.parametrize("text", [None, "<testsuites/>"])
def test_no_report_is_said_in_words(tmp_path, text):
    path = tmp_path / "report.xml"
    if text:
        path.write_text(text)
    with pytest.raises(SystemExit, match=r"report\.xml"):
        times.main([str(path)])
