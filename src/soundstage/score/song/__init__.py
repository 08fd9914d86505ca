"""Songs as they are written: a lyric and its form, the rhythm of its lines, a melody for them, a writer of words."""
