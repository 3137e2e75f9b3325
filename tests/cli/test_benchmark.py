import subprocess
import sys

import pytest


@pytest.mark.full
def test_benchmark_measures_every_stage_and_plain_keras():
    # Runs in a separate process, because it binds itself to one core.
    benchmark = [sys.executable, "-m", "digitrec", "benchmark", "--repeat", "10"]
    output = subprocess.run(benchmark, check=True, capture_output=True, text=True).stdout

    for stage in ("decode PNG", "preprocess", "inference", "recognize digit", "plain Keras"):
        assert stage in output
    assert "times as long" in output
