"""The WS-Discovery responder."""
