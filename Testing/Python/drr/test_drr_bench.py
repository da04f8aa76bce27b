import pytest
from orthoai_training.bench.drr import bench_drr


def test_the_benchmark_reports_times_their_ratio_and_memory():
    figures = bench_drr(shape=(64, 32, 32), repeats=1)
    assert figures["ratio"] == pytest.approx(figures["both_drr_s"] / figures["plain_sum_s"])
    assert figures["volume_mb"] == pytest.approx(64 * 32 * 32 * 2 / 1e6)
    assert figures["result_mb"] == pytest.approx((64 * 32 + 4 * 32 * 32) * 4 / 1e6)
    assert figures["peak_extra_mb"] > figures["result_mb"]
