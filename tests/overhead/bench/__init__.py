"""What measuring costs: the parts of tests/overhead's scripts. Python's standard library only."""
