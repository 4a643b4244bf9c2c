"""Training on folders of cut-outs and backgrounds: the paper's networks, and small ones of our own.

`trainer.py` says how any network is trained, each `…_task.py` what one learns and from what.
"""
