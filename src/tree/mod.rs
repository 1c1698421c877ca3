//! A folder of exported policies on disk.
