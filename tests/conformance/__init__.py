"""A conformance test of ONVIF Recording Control, Receiver and Schedule for any device on the network.

It is a client of its own: nothing here knows the product that it is kept beside.
"""
