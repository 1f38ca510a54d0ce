"""Batches: who shares a call, who waits, who is refused."""

import threading
import time

import numpy as np
import pytest

from tfapp.serving.models.batching import Batcher
from tfapp.serving.models.work import Work, cut
from tfapp.serving.settings import BatchingSettings
from tfapp.serving.status import RequestError, Status, invalid, too_late

FAR = 1e9
SHARED = 3


class Model:
    """Doubles its rows; remembers its calls; can be held up, and refuses -1."""

    def __init__(self):
        self.calls, self.ends = [], []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def __call__(self, inputs, end):
        """Answer a call."""
        self.entered.set()
        assert self.gate.wait(20)
        x = inputs["x"]
        self.calls.append(x.shape)
        self.ends.append(end)
        if (x < 0).any():
            raise invalid("negative")
        return {"y": 2 * x}


def work(*values, deadline=FAR, rows=None, width=None):
    """Return a request of some rows."""
    x = np.array(values, np.float32)
    if width:
        x = np.tile(x[:, None], (1, width))
    return Work({"x": x}, len(values) if rows is None else rows, deadline)


def answer_of(item):
    """Return the answer as a list."""
    return item.future.result(20)["y"].tolist()


@pytest.fixture
def model():
    """A model that is not held up."""
    return Model()


@pytest.fixture
def make(model):
    """Make batchers of the model, closed in the end."""
    made = []

    def make(**settings):
        # One thread, so that what waits and what runs is known.
        settings = {"window_micros": 0, "num_threads": 1, **settings}
        settings = BatchingSettings(**settings)
        observed = []
        batcher = Batcher(model, settings, "t", lambda r, s: observed.append(r))
        batcher.observed = observed
        made.append(batcher)
        return batcher

    yield make
    model.gate.set()
    for batcher in made:
        batcher.close()


def hold(model, batcher):
    """Occupy the thread, so that what is submitted now waits."""
    model.gate.clear()
    model.entered.clear()
    first = work(100)
    batcher.submit(first)
    assert model.entered.wait(20)
    return first


def test_a_lone_request_is_answered_as_it_is(model, make):
    """No waiting, no padding, no copying."""
    batcher = make()
    item = work(1, 2)
    batcher.submit(item)
    assert answer_of(item) == [2, 4]
    assert model.calls == [(2,)]
    assert batcher.depth == 0


def test_what_waits_shares_a_call(model, make):
    """Requests that came during a call are answered together, each with its rows."""
    batcher = make()
    first = hold(model, batcher)
    items = [work(1), work(2, 3), work(4)]
    for item in items:
        batcher.submit(item)
    assert batcher.depth == 4
    model.gate.set()
    assert [answer_of(i) for i in (first, *items)] == [[200], [2], [4, 6], [8]]
    assert model.calls == [(1,), (4,)]
    assert batcher.observed == [1, 4]


def test_no_batch_is_larger_than_allowed(model, make):
    """Rows beyond the largest batch wait for the next one."""
    batcher = make(max_batch_size=3)
    hold(model, batcher)
    items = [work(i, i) for i in range(3)]
    for item in items:
        batcher.submit(item)
    model.gate.set()
    assert [answer_of(i) for i in items] == [[2 * i] * 2 for i in range(3)]
    assert model.calls == [(1,), (2,), (2,), (2,)]


def test_large_requests_are_divided(model, make):
    """One request of seven rows is three calls and one answer."""
    batcher = make(max_batch_size=3)
    item = work(*range(7))
    batcher.submit(item)
    assert answer_of(item) == [2 * i for i in range(7)]
    assert model.calls == [(3,), (3,), (1,)]


def test_parts_and_requests_of_others_take_turns(model, make):
    """One thread: what came after a large request does not wait for all of it."""
    batcher = make(max_batch_size=3)
    hold(model, batcher)
    large, others = work(*range(9)), [work(i, i) for i in range(2)]
    for item in (large, *others):
        batcher.submit(item)
    model.gate.set()
    assert answer_of(large) == [2 * i for i in range(9)]
    assert [answer_of(i) for i in others] == [[2 * i] * 2 for i in range(2)]
    assert model.calls == [(1,), (3,), (2,), (3,), (2,), (3,)]


def test_a_thread_is_left_to_others(make):
    """Of two threads one is at work on parts while others have just asked."""
    gate, entered = threading.Event(), threading.Event()

    def slow_for_parts(inputs, end):
        if len(inputs["x"]) == 3:
            entered.set()
            assert gate.wait(20)
        return {"y": inputs["x"]}

    batcher = make(max_batch_size=3, num_threads=2)
    batcher._run = slow_for_parts
    first, large, second = work(7), work(*range(9)), work(8)
    batcher.submit(first)
    batcher.submit(large)
    assert entered.wait(20)
    batcher.submit(second)
    assert (answer_of(first), answer_of(second)) == ([7], [8])
    assert not large.future.done()
    gate.set()
    assert answer_of(large) == list(range(9))


def test_where_nobody_else_asks_every_thread_is_at_work_on_parts(make):
    """The parts of a lone large request are computed at the same time."""
    together = threading.Barrier(2, timeout=20)

    def wait_for_the_other(inputs, end):
        together.wait()
        return {"y": inputs["x"]}

    batcher = make(max_batch_size=3, num_threads=2)
    batcher._run = wait_for_the_other
    large = work(*range(6))
    batcher.submit(large)
    assert answer_of(large) == list(range(6))


def test_a_divided_request_fails_as_a_whole(make):
    """One wrong part is the end of it."""
    batcher = make(max_batch_size=2)
    item = work(1, 2, 3, -1)
    batcher.submit(item)
    with pytest.raises(RequestError, match="negative"):
        item.future.result(20)


def test_other_shapes_do_not_share(model, make):
    """Rows of two and of three numbers are two calls."""
    batcher = make()
    hold(model, batcher)
    items = [work(1, width=2), work(2, width=3), work(3, width=2)]
    for item in items:
        batcher.submit(item)
    model.gate.set()
    assert answer_of(items[1]) == [[4, 4, 4]]
    assert answer_of(items[2]) == [[6, 6]]
    assert model.calls[1:] == [(2, 2), (1, 3)]


def test_requests_without_rows_stay_alone(model, make):
    """What has no common first dimension is never joined."""
    batcher = make()
    hold(model, batcher)
    items = [work(1, rows=0), work(2, rows=0)]
    for item in items:
        batcher.submit(item)
    model.gate.set()
    assert [answer_of(i) for i in items] == [[2], [4]]
    assert model.calls == [(1,), (1,), (1,)]


def test_one_wrong_request_spoils_no_other(model, make):
    """A batch that fails is halved until the wrong one is alone."""
    batcher = make()
    hold(model, batcher)
    items = [work(1), work(2), work(-1), work(4), work(5)]
    for item in items:
        batcher.submit(item)
    model.gate.set()
    good = [item for item in items if item is not items[2]]
    assert [answer_of(i) for i in good] == [[2], [4], [8], [10]]
    with pytest.raises(RequestError, match="negative"):
        items[2].future.result(20)


def test_batches_are_padded_to_allowed_sizes(model, make):
    """Padding repeats a row and never reaches an answer."""
    batcher = make(max_batch_size=8, allowed_batch_sizes=(4, 8))
    item = work(1, 2, 3)
    batcher.submit(item)
    assert answer_of(item) == [2, 4, 6]
    assert model.calls == [(4,)]


def test_a_full_queue_refuses_at_once(model, make):
    """UNAVAILABLE, while what waits is answered."""
    batcher = make(max_batch_size=2, max_enqueued_batches=2)
    hold(model, batcher)
    items = [work(1, 1), work(2, 2)]
    for item in items:
        batcher.submit(item)
    with pytest.raises(RequestError, match="is full") as caught:
        batcher.submit(work(3))
    assert caught.value.status is Status.UNAVAILABLE
    assert caught.value.http == 503
    model.gate.set()
    assert [answer_of(i) for i in items] == [[2, 2], [4, 4]]


def test_what_is_too_late_is_not_computed(model, make):
    """A request whose deadline passed in the queue costs no call."""
    batcher = make()
    hold(model, batcher)
    late, cancelled, item = work(1, deadline=time.monotonic() - 1), work(2), work(3)
    for each in (late, cancelled, item):
        batcher.submit(each)
    cancelled.future.cancel()
    model.gate.set()
    assert answer_of(item) == [6]
    with pytest.raises(RequestError) as caught:
        late.future.result(20)
    assert caught.value.status is Status.DEADLINE_EXCEEDED
    assert model.calls == [(1,), (1,)]


def test_closing_answers_what_waits(model, make):
    """Then the next one is refused."""
    batcher = make()
    hold(model, batcher)
    item = work(1)
    batcher.submit(item)
    model.gate.set()
    batcher.close()
    assert answer_of(item) == [2]
    with pytest.raises(RequestError, match="unloaded"):
        batcher.submit(work(1))


def test_a_lone_client_is_never_waited_with(make):
    """However long the window, requests one by one do not feel it."""
    batcher = make(window_micros=2_000_000)
    batcher._call_seconds = 100.0
    started = time.monotonic()
    for value in range(20):
        item = work(value)
        batcher.submit(item)
        assert answer_of(item) == [2 * value]
    assert time.monotonic() - started < 1.5


def test_company_is_waited_for(model, make):
    """Where requests came three at a time, the next three share a call."""
    batcher = make(window_micros=2_000_000)
    hold(model, batcher)
    batcher._call_seconds = 100.0
    items = [work(i) for i in range(SHARED)]
    for item in items:
        batcher.submit(item)
    model.gate.set()
    for item in items:
        answer_of(item)
    late = [work(i) for i in range(SHARED)]
    for item in late:
        batcher.submit(item)
        time.sleep(0.02)
    assert [answer_of(i) for i in late] == [[0], [2], [4]]
    assert model.calls[-1] == (SHARED,)


def test_no_wait_is_longer_than_a_tenth_of_a_call(make):
    """Where calls take half a second, company gets 50 ms, whatever the window is."""
    batcher = make(window_micros=2_000_000)
    batcher._call_seconds, batcher._usual = 0.5, 3.0
    started = time.monotonic()
    with batcher._changed:
        batcher._await_company()
    assert 0.04 < time.monotonic() - started < 1.0


def test_the_usual_number_of_requests_falls_slowly(make):
    """One late client does not end the habit of three that come together."""
    batcher = make()
    batcher._usual = 3.0
    with batcher._changed:
        batcher._await_company()
    assert batcher._usual == pytest.approx(2.6)


def test_joined_requests_keep_the_bound_of_pixels(model, make):
    """Images of six pixels each do not share a call of at most ten."""
    batcher = make(max_batch_pixels=10)
    hold(model, batcher)
    items = [work(1), work(2), work(3)]
    for item, pixels in zip(items, (6, 6, 4), strict=True):
        item.pixels = pixels
        batcher.submit(item)
    model.gate.set()
    assert [answer_of(i) for i in items] == [[2], [4], [6]]
    assert model.calls == [(1,), (2,), (1,)]


def test_passed_over_requests_keep_their_order(model, make):
    """What cannot share a call is answered in the order of its arrival."""
    batcher = make()
    hold(model, batcher)
    items = [work(1, width=width) for width in (2, 3, 4, 2)]
    for item in items:
        batcher.submit(item)
    model.gate.set()
    for item in items:
        answer_of(item)
    assert model.calls[1:] == [(2, 2), (1, 3), (1, 4)]


def test_padding_repeats_a_real_row(make):
    """A model that fails on zeros never sees one."""
    seen = []
    batcher = make(max_batch_size=4, allowed_batch_sizes=(4,))
    batcher._run = lambda inputs, _: (
        seen.append(inputs["x"].tolist()) or {"y": inputs["x"]}
    )
    item = work(7, 8)
    batcher.submit(item)
    assert answer_of(item) == [7, 8]
    assert seen == [[7, 8, 7, 7]]


def test_bugs_reach_every_waiter(make):
    """An error that is none of ours ends each request of the call, not the thread."""
    batcher = make()
    batcher._run = None
    items = [work(1), work(2)]
    for item in items:
        batcher.submit(item)
        with pytest.raises(TypeError):
            item.future.result(20)


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        ((), [3, 3, 1]),
        ((5, 5, 5, 5, 5, 5, 5), [2, 2, 2, 1]),
        ((99, 1, 1, 1, 1, 1, 1), [1, 3, 3]),
    ],
)
def test_cutting_by_rows_and_pixels(pixels, expected):
    """A part has three rows and ten pixels at most; a single row may have more."""
    whole = work(*range(7))
    whole.pixels = sum(pixels)
    parts = cut(whole, pixels, 3, 10)
    assert [part.rows for part in parts] == expected
    assert np.concatenate([p.inputs["x"] for p in parts]).tolist() == list(range(7))


def test_a_call_ends_with_the_last_deadline_of_its_requests(make, model):
    """One that is too late ends them all; it is not divided and tried again."""
    batcher = make()
    model.gate.clear()
    first = work(1)
    batcher.submit(first)
    assert model.entered.wait(20)
    items = [work(2, deadline=FAR + 1), work(3, deadline=FAR + 3), work(4)]
    for item in items:
        batcher.submit(item)
    model.gate.set()
    assert [answer_of(item) for item in (first, *items)] == [[2], [4], [6], [8]]
    assert model.ends == [FAR, FAR + 3]

    def late(*_):
        model.calls.append("late")
        raise too_late()

    batcher._run = late
    model.calls.clear()
    item = work(*range(5))
    batcher.submit(item)
    with pytest.raises(RequestError, match="Deadline"):
        item.future.result(20)
    assert model.calls == ["late"]
