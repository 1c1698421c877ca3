//! The command line: one file per command, its arguments and help, then load → engine → show.
