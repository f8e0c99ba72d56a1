"""Under `pytest -n 2 --dist loadgroup` a file of networks stays with one worker: what is slow to build is built once."""

from pathlib import Path

import pytest

ALONE = {"test_every_pair", "test_constructors"}    # their tests share nothing that is slow


@pytest.hookimpl(tryfirst=True)    # before xdist reads the groups
def pytest_collection_modifyitems(config, items):
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            if item.path.parent == Path(__file__).parent and item.path.stem not in ALONE:
                item.add_marker(pytest.mark.xdist_group(item.path.stem))
