// SPDX-License-Identifier: MIT

fn main() -> std::process::ExitCode {
    madvisor_targets::main()
}
