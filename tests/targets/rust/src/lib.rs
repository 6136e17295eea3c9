// SPDX-License-Identifier: MIT
//! What the programs do. They differ in their global allocator alone.
//!
//!   PROGRAM channel [--std] [--bytes N] [--senders N] [--messages N] [--capacity N]
//!   PROGRAM tasks   [--tasks N] [--rounds N]
//!   PROGRAM sleep   [--seconds N]
//!
//! `channel` moves buffers of that many bytes, each filled by its sender and read by the receiver,
//! through a bounded channel of tokio, or of the standard library with --std. `tasks` spawns small
//! tasks and waits for them. Both print how many they did in a second. `sleep` touches the heap and
//! waits, to be looked at.

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

struct Options(HashMap<String, String>);

impl Options {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = HashMap::new();
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let value = match name.as_str() {
                "--std" => String::from("1"),
                "--bytes" | "--senders" | "--messages" | "--capacity" | "--tasks" | "--rounds"
                | "--seconds" => arguments.next().ok_or(format!("{name} needs a number"))?,
                _ => return Err(format!("unknown option: {name}")),
            };
            value.parse::<usize>().map_err(|_| format!("{name}: no number: {value}"))?;
            options.insert(name, value);
        }
        Ok(Options(options))
    }

    fn number(&self, name: &str, fallback: usize) -> usize {
        self.0.get(name).map_or(fallback, |value| value.parse().unwrap())
    }
}

fn message(bytes: usize, sequence: usize) -> Vec<u8> {
    vec![sequence as u8 | 1; bytes]
}

/// Reads all of it, so that the receiver touches what the sender wrote.
fn digest(message: &[u8]) -> u64 {
    message.iter().map(|&byte| u64::from(byte)).sum()
}

fn tokio_channel(bytes: usize, senders: usize, messages: usize, capacity: usize) -> u64 {
    let runtime = runtime();
    runtime.block_on(async move {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(capacity);
        for _ in 0..senders {
            let sender = sender.clone();
            tokio::spawn(async move {
                for sequence in 0..messages {
                    if sender.send(message(bytes, sequence)).await.is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        tokio::spawn(async move {
            let mut sum = 0;
            while let Some(message) = receiver.recv().await {
                sum += digest(&message);
            }
            sum
        })
        .await
        .unwrap()
    })
}

fn std_channel(bytes: usize, senders: usize, messages: usize, capacity: usize) -> u64 {
    let (sender, receiver) = std::sync::mpsc::sync_channel(capacity);
    std::thread::scope(|scope| {
        for _ in 0..senders {
            let sender = sender.clone();
            scope.spawn(move || {
                for sequence in 0..messages {
                    if sender.send(message(bytes, sequence)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        receiver.iter().map(|message| digest(&message)).sum()
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().build().unwrap()
}

fn channel(options: &Options) {
    let bytes = options.number("--bytes", 32 << 10);
    let senders = options.number("--senders", 1);
    let messages = options.number("--messages", 20_000);
    let capacity = options.number("--capacity", 1000).max(1);
    let start = Instant::now();
    let sum = if options.number("--std", 0) == 1 {
        std_channel(bytes, senders, messages, capacity)
    } else {
        tokio_channel(bytes, senders, messages, capacity)
    };
    let seconds = start.elapsed().as_secs_f64();
    println!("messages_per_s {:.0}", (senders * messages) as f64 / seconds);
    println!("checksum {sum}");
}

fn tasks(options: &Options) {
    let tasks = options.number("--tasks", 10_000);
    let rounds = options.number("--rounds", 20);
    let runtime = runtime();
    let start = Instant::now();
    let mut sum = 0;
    for _ in 0..rounds {
        sum += runtime.block_on(async move {
            let spawned: Vec<_> = (0..tasks).map(|i| tokio::spawn(async move { i })).collect();
            let mut sum = 0;
            for task in spawned {
                sum += task.await.unwrap();
            }
            sum
        });
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("tasks_per_s {:.0}", (tasks * rounds) as f64 / seconds);
    println!("checksum {sum}");
}

fn sleep(options: &Options) {
    println!("ready {}", digest(&message(1 << 20, 1)));
    std::thread::sleep(Duration::from_secs(options.number("--seconds", 60) as u64));
}

pub fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let workload = match arguments.next().as_deref() {
        Some("channel") => channel,
        Some("tasks") => tasks,
        Some("sleep") => sleep,
        _ => {
            eprintln!("usage: channel|tasks|sleep [OPTION...]; src/lib.rs says more");
            return ExitCode::from(2);
        }
    };
    match Options::parse(arguments) {
        Ok(options) => {
            workload(&options);
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}
