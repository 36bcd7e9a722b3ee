//! tempfile.
