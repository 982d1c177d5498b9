"""Power cuts in the middle of every change of configuration, judged at each write of SQLite and each file beside it.

What SQLite and the product write into a folder is logged at the border to the file system. From the log come the disks
that a cut may leave: with everything written, without what was not synchronized, and with parts of it, torn at sectors.
"""
