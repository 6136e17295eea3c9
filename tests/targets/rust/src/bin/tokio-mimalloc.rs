// SPDX-License-Identifier: MIT

#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    madvisor_targets::main()
}
