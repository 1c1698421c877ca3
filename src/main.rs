//! The binary: parse, run, exit code.

fn main() -> std::process::ExitCode {
    intune_ferry::cli::program::main()
}
