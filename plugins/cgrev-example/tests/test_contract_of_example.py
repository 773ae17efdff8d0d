"""Every converter of the package keeps the contract of converters, over the samples."""

from __future__ import annotations

from pathlib import Path

from cgrev.testing import ConverterContract


class OverSamples(ConverterContract):
    cases = Path(__file__).parents[3] / "samples"


class TestExample(OverSamples):
    converter = "example"
