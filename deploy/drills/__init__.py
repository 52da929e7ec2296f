"""Drills: break the running stack under load, then look for what was lost.

`python -m deploy.drills` runs all of them and writes docs/drills.md.
"""
