"""Power cuts and failing media below the file system: a block device that logs every write and misbehaves on demand.

`python -m tests.power` records in real time, then cuts the power some hundred times; `make test-power` runs that and
the tests of a station on a failing medium. All of it needs root, FUSE and loop devices.
"""
