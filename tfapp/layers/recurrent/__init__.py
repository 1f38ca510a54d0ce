"""Recurrent cells written out equation by equation, to read and to test against.

They take and return what keras' cells do, so `keras.layers.RNN(LSTMCell(8))` works.
Networks use keras' own layers, which compute the same and are faster.
"""

from tfapp.layers.recurrent.cell import RecurrentCell, through_time
from tfapp.layers.recurrent.elman import ElmanCell
from tfapp.layers.recurrent.gru import GRUCell
from tfapp.layers.recurrent.lstm import LSTMCell

__all__ = ["ElmanCell", "GRUCell", "LSTMCell", "RecurrentCell", "through_time"]
