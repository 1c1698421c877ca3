//! Emulated tenants served over HTTP, for rehearsal and tests.
