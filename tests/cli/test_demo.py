from __future__ import annotations

import os
from pathlib import Path

from batchtui.cli.demo import prepared
from batchtui.cli.options import Given
from batchtui.domain.batch import BatchFilter
from batchtui.services.rows import open_rows


def test_the_demo_remembers_its_history_and_leaves_nothing() -> None:
    with prepared(Given(), duration_seconds=1) as (desk, config):
        home = desk.bench.store.files.requests_path("x").parent.parent.parent
        assert Path(os.environ["BATCHTUI_HOME"]) != home
        batches = desk.bench.store.batches.list(BatchFilter())
        assert len(batches) > 20
        assert all(stored.requests_known and stored.job_name != stored.id for stored in batches)
        files = [desk.bench.store.files.requests_path(stored.id) for stored in batches]
        assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
        assert {stored.results for stored in batches} == {"none", "complete", "gone"}
        recent = [stored for stored in batches if stored.results == "complete"]
        assert all(stored.cost_is == "actual" for stored in recent)
        assert config.base_url == desk.bench.gateway.base_url
        report = desk.wait(desk.bench.sync.run())
        assert not report.errors
        assert not desk.bench.downloads.due()
        used = {one.template: one.choice.source for one in desk.bench.recent_data.list()}
        assert {entry.name for entry in desk.bench.templates.list() if entry.origin == "home"} == set(used)
        for name, source in used.items():
            with open_rows(source) as rows:
                ready = desk.wait(desk.bench.composer.prepare(desk.bench.templates.load(name), rows))
            sent = desk.wait(desk.bench.submissions.send(ready, name=name))
            assert sum(stored.batch.counts.total for stored in sent.batches) == ready.request_count > 1
            assert ready.problems == ()
        assert len(used) == 6
    assert not home.exists()
    assert not Path(os.environ["BATCHTUI_HOME"]).exists()
