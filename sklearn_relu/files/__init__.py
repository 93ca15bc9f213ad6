"""Files of arrays and a JSON document: containers, values in them, digests of values."""
