"""The report in a notebook: the same lines and numbers, as tables."""

import re

from search.api import HoldoutReport
from tests.search.reports.test_holdout_report import drawn, report_of, with_groups


def cells(page):
    """Lists the rows of a page's table, each the texts of its cells."""
    rows = re.findall(r"<tr.*?>(.*?)</tr>", page)
    return [re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row) for row in rows]


def test_it_has_every_line_of_the_text():
    """Each row of the printed table is a row with the same cells, in its order."""
    report = HoldoutReport(report_of(*drawn(2)))
    page, text = report._repr_html_(), str(report)
    rows = cells(page)
    assert rows[0][:3] == ["", "value", "95 % interval"]
    assert len({len(row) for row in rows}) == 1
    places = [text.index(row[0].replace("&#x27;", "'")) for row in rows[1:]]
    assert places == sorted(places)
    assert all(row[1] in text for row in rows[1:])


def test_text_is_escaped():
    """Nothing of a report is HTML, whatever a label is called."""
    report = report_of(*drawn(2))
    report["emotion"]["absent"] = ["<script>alert(1)</script>"]
    page = HoldoutReport(report)._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_warnings_stand_out():
    """The mark of synthetic faces is no line among others."""
    page = HoldoutReport(report_of(*drawn(2), synthetic=True))._repr_html_()
    assert '<p class="warning">SYNTHETIC DATA' in page


def test_groups_are_a_table_of_their_own():
    """The groups follow as a second table, then the gap in words."""
    page = HoldoutReport(with_groups(report_of(*drawn(2))))._repr_html_()
    assert page.count("<table>") == 2
    assert ["f", "7", "30", "0.500", "-"] in cells(page)
    assert "<p>Gap by sex: 0.250" in page
