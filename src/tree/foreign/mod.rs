//! Other tools' folders, read into policies.
