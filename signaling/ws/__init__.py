"""The only sockets of signaling: the server's endpoint and the appliance's client."""
