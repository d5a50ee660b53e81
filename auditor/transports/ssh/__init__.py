"""One read-only visit of a machine over SSH: `visit.visit` connects once, logs in once, runs one command and returns
what it framed (frames.py). It trusts no host key on first use, forwards nothing, asks no agent unless told to.
"""
