// SPDX-License-Identifier: MIT
//! What the programs do. They differ in their global allocator alone.
//!
//!   PROGRAM channel [--std] [--bytes N] [--senders N] [--messages N] [--capacity N] [--warmup N] [--skim]
//!   PROGRAM tasks   [--tasks N] [--rounds N]
//!   PROGRAM sleep   [--seconds N]
//!
//! `channel` moves buffers of that many bytes, each filled by its sender and read by the receiver (with --skim
//! only its start), through a bounded channel of tokio, or of the standard library with --std; up to 8
//! bytes the message itself. Each sender sends --messages, after --warmup that are not counted. `tasks` spawns
//! small tasks and waits for them. Both print how many they did in a second. `sleep` touches the heap
//! and waits, to be looked at.

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

struct Options(HashMap<String, String>);

impl Options {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = HashMap::new();
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let value = match name.as_str() {
                "--std" | "--skim" => String::from("1"),
                "--bytes" | "--senders" | "--messages" | "--capacity" | "--warmup" | "--tasks"
                | "--rounds" | "--seconds" => arguments.next().ok_or(format!("{name} needs a number"))?,
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

/// What goes through a channel.
trait Message: Send + 'static {
    fn make(bytes: usize, sequence: usize) -> Self;
    /// Something of all of it, so that the receiver touches what the sender wrote; or of its start.
    fn digest(&self, skim: bool) -> u64;
}

impl Message for u64 {
    fn make(_: usize, sequence: usize) -> Self {
        sequence as u64
    }

    fn digest(&self, _: bool) -> u64 {
        *self
    }
}

impl Message for Vec<u8> {
    fn make(bytes: usize, sequence: usize) -> Self {
        vec![sequence as u8 | 1; bytes]
    }

    fn digest(&self, skim: bool) -> u64 {
        let read = if skim { 8 } else { self.len() };
        self[..read].iter().map(|&byte| u64::from(byte)).sum()
    }
}

/// A channel's work. `messages` is of each sender.
#[derive(Clone, Copy)]
struct Work {
    bytes: usize,
    senders: usize,
    messages: usize,
    capacity: usize,
    skim: bool,
}

fn tokio_channel<M: Message>(runtime: &Runtime, work: Work) -> u64 {
    runtime.block_on(async move {
        let (sender, mut receiver) = tokio::sync::mpsc::channel::<M>(work.capacity);
        for _ in 0..work.senders {
            let sender = sender.clone();
            tokio::spawn(async move {
                for sequence in 0..work.messages {
                    if sender.send(M::make(work.bytes, sequence)).await.is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        tokio::spawn(async move {
            let mut sum = 0;
            while let Some(message) = receiver.recv().await {
                sum += message.digest(work.skim);
            }
            sum
        })
        .await
        .unwrap()
    })
}

fn std_channel<M: Message>(work: Work) -> u64 {
    let (sender, receiver) = std::sync::mpsc::sync_channel::<M>(work.capacity);
    std::thread::scope(|scope| {
        for _ in 0..work.senders {
            let sender = sender.clone();
            scope.spawn(move || {
                for sequence in 0..work.messages {
                    if sender.send(M::make(work.bytes, sequence)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        receiver.iter().map(|message| message.digest(work.skim)).sum()
    })
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().build().unwrap()
}

fn run_channel<M: Message>(use_std: bool, warmup: usize, work: Work) {
    let runtime = if use_std { None } else { Some(runtime()) };
    let pass = |work| match &runtime {
        Some(runtime) => tokio_channel::<M>(runtime, work),
        None => std_channel::<M>(work),
    };
    if warmup > 0 {
        pass(Work { messages: warmup, ..work });
    }
    let start = Instant::now();
    let sum = pass(work);
    let seconds = start.elapsed().as_secs_f64();
    println!("messages_per_s {:.0}", (work.senders * work.messages) as f64 / seconds);
    println!("checksum {sum}");
}

fn channel(options: &Options) {
    let work = Work {
        bytes: options.number("--bytes", 32 << 10),
        senders: options.number("--senders", 1),
        messages: options.number("--messages", 20_000),
        capacity: options.number("--capacity", 1000).max(1),
        skim: options.number("--skim", 0) == 1,
    };
    let use_std = options.number("--std", 0) == 1;
    let warmup = options.number("--warmup", 0);
    if work.bytes <= 8 {
        run_channel::<u64>(use_std, warmup, work);
    } else {
        run_channel::<Vec<u8>>(use_std, warmup, work);
    }
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
    println!("ready {}", Vec::make(1 << 20, 1).digest(false));
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
