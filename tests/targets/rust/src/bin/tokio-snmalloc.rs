// SPDX-License-Identifier: MIT

#[global_allocator]
static GLOBAL: snmalloc_rs::SnMalloc = snmalloc_rs::SnMalloc;

fn main() -> std::process::ExitCode {
    madvisor_targets::main()
}
