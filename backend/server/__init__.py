"""The server: jobs over HTTP on this machine, peeled one at a time in a process of their own."""
