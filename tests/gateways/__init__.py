"""The five wire protocols, against the simulator over real sockets."""
