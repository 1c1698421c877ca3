//! Checks of single values: numbers, dates, ids, binaries, enums.
