//! The command line as the end-to-end tests start it: an example, because cargo builds those together with the tests.

fn main() -> std::process::ExitCode {
    shoeshine::command_line()
}
