"""The jobs that run and wait: seen, put into another order, cancelled."""
