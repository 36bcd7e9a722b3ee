//! End-to-end tests, grouped by what a user does.
