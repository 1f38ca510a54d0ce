"""A file of events that can be cut and thinned."""

import pytest
from tensorboard.compat.proto.event_pb2 import Event

from tfapp.runs.watching.events import EventFile, records
from tfapp.runs.watching.summaries import scalar


def steps(folder):
    """Return the steps of the one file in a folder, without its first record."""
    (path,) = folder.iterdir()
    events = [Event.FromString(data) for data, _ in records(path)]
    assert events[0].file_version == "brain.Event:2"
    return [event.step for event in events[1:]]


@pytest.fixture
def file(tmp_path):
    """A file with the steps 1 to 4, and its sizes after each."""
    events, sizes = EventFile(tmp_path), []
    for step in range(1, 5):
        events.write(step, scalar("loss", 1 / step))
        sizes.append(events.flush())
    return events, sizes


def test_cut_where_it_was_flushed(file, tmp_path):
    """What was written later is gone, also in another process; then it goes on."""
    events, sizes = file
    events.close()
    again = EventFile(tmp_path)
    again.cut(sizes[1])
    again.write(9, scalar("loss", 0.0))
    again.close()
    assert steps(tmp_path) == [1, 2, 9]


def test_cut_to_nothing(file, tmp_path):
    """A training that begins anew keeps nothing of the one before."""
    events, _ = file
    events.cut(0)
    assert steps(tmp_path) == []


def test_a_torn_record_is_left_out(file, tmp_path):
    """SIGKILL in mid-write costs that record alone."""
    events, sizes = file
    events.close()
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-3])
    again = EventFile(tmp_path)
    again.cut(sizes[-1])
    again.write(5, scalar("loss", 0.0))
    again.close()
    assert steps(tmp_path) == [1, 2, 3, 5]


def test_thinned(file, tmp_path):
    """Unwanted steps go; a reader sees a file with a later name."""
    events, _ = file
    (before,) = tmp_path.iterdir()
    events.thin(lambda step: not step % 2)
    events.write(5, scalar("loss", 0.0))
    events.close()
    (after,) = tmp_path.iterdir()
    assert after.name > before.name
    assert steps(tmp_path) == [2, 4, 5]
