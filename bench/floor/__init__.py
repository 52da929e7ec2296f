"""A company in a busy hour: the whole product in full mode, as processes."""
