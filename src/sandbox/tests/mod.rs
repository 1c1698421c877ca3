//! The sandbox over real HTTP: what it refuses, leaves out and fills in.
