"""The box: identity, users and access policy, scopes, network, time, settings."""
