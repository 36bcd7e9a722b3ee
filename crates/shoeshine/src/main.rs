//! A laboratory for a classic Macintosh failure: the command line.

fn main() -> std::process::ExitCode {
    shoeshine::command_line()
}
