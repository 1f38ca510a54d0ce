"""One search on several machines, through Keras Tuner's chief and worker protocol.

The chief has the oracle and the search's folder; workers ask it for trials, run them
in folders of their own, and report the scores. Any of them may be killed and started
again. The protocol has neither passwords nor encryption: it is for a network one
trusts.
"""
