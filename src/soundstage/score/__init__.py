"""Written music: theory, instruments, styles, the score language, MIDI files, and the mix of what the players play."""
