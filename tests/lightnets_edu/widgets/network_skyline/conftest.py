"""What the tests of the figure of a network's costs share."""


import pytest
from network_skyline.skyline_modules import Odd

from lightnets_edu.widgets import NetworkSkyline


@pytest.fixture(scope="module")
def odd():
    return NetworkSkyline.from_module(Odd(), (1, 6, 4, 5)).network()
