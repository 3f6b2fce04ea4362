from streams.intake.limits import Allowance, Limits


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def limits(clock: Seconds) -> Limits:
    return Limits(clock, feeder=Allowance(per_second=2, burst=3), office=Allowance(per_second=2, burst=1000))


def test_burst_is_taken_at_once_and_then_the_wait_is_told() -> None:
    clock = Seconds()
    bucket = limits(clock)
    assert [bucket.take("lab", office=False) for _ in range(4)] == [0, 0, 0, 1]
    clock.now += 1
    assert [bucket.take("lab", office=False) for _ in range(3)] == [0, 0, 1]


def test_large_request_is_let_in_once_and_paid_for_by_waiting() -> None:
    clock = Seconds()
    bucket = limits(clock)
    bucket.take("lab", office=False)
    bucket.charge("lab", 22, office=False)
    assert bucket.take("lab", office=False) == 11
    clock.now += 11
    assert bucket.take("lab", office=False) == 0


def test_senders_do_not_share_a_bucket_and_offices_have_a_larger_one() -> None:
    bucket = limits(Seconds())
    bucket.charge("lab", 3, office=False)
    assert bucket.take("lab", office=False) > 0
    assert bucket.take("other", office=False) == 0
    assert all(bucket.take("office", office=True) == 0 for _ in range(1000))


def test_clock_that_goes_back_takes_nothing_away() -> None:
    clock = Seconds()
    bucket = limits(clock)
    bucket.take("lab", office=False)
    clock.now -= 86_400
    assert bucket.take("lab", office=False) == 0
