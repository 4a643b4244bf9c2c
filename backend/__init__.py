"""The local process: pipeline, engines, model store and command line."""
