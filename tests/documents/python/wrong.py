"""Mistakes that a type checker finds in a program that uses the models."""

from models import FibComputeRequest, FibError

misspelled = FibComputeRequest(m=30)
of_another_type = FibComputeRequest(n="30")
missing = FibError.model_validate_json("{}").root.too_small
