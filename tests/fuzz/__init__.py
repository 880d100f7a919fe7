"""Fuzzing: every public function against malformed arguments, and against odd forms of good ones. See `campaign`."""
