// SPDX-License-Identifier: MIT
//! The channels and the task spawn that madvisor-workload is measured against.
//!
//! `rivals CASE CONTENDER THREADS CAPACITY OPERATIONS` does OPERATIONS once to warm up and once
//! measured, checks that nothing was lost, and prints the nanoseconds of the measured pass.
//! CASE: `mpsc` (THREADS senders), or `local`, `remote`, `chain` (THREADS workers).

use std::process::exit;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{mpsc, Arc};
use std::time::{Duration, Instant};

const TASKS: u64 = 10_000;

/// What `senders` threads must have delivered when each sent 0..each.
fn expected(senders: u64, each: u64) -> u64 {
    senders * (each * (each - 1) / 2)
}

/// Runs one pass over a blocking channel: `send` is cloned into every sender's thread.
fn threads<S, R>(senders: u64, each: u64, send: S, mut recv: R) -> Duration
where
    S: Fn(u64) + Clone + Send + 'static,
    R: FnMut() -> Option<u64> + Send + 'static,
{
    let gate = Arc::new(std::sync::Barrier::new(senders as usize + 2));
    let mut handles = Vec::new();
    for _ in 0..senders {
        let (gate, send) = (gate.clone(), send.clone());
        handles.push(std::thread::spawn(move || {
            gate.wait();
            for i in 0..each {
                send(i);
            }
        }));
    }
    drop(send);
    let receiver = {
        let gate = gate.clone();
        std::thread::spawn(move || {
            gate.wait();
            let mut sum = 0u64;
            while let Some(v) = recv() {
                sum += v;
            }
            sum
        })
    };
    gate.wait();
    let start = Instant::now();
    let sum = receiver.join().unwrap();
    let took = start.elapsed();
    for h in handles {
        h.join().unwrap();
    }
    assert_eq!(sum, expected(senders, each));
    took
}

fn crossbeam(senders: u64, capacity: usize, each: u64) -> Duration {
    let (tx, rx) = crossbeam_channel::bounded::<u64>(capacity);
    threads(
        senders,
        each,
        move |v| tx.send(v).unwrap(),
        move || rx.recv().ok(),
    )
}

fn std_sync(senders: u64, capacity: usize, each: u64) -> Duration {
    let (tx, rx) = mpsc::sync_channel::<u64>(capacity);
    threads(
        senders,
        each,
        move |v| tx.send(v).unwrap(),
        move || rx.recv().ok(),
    )
}

fn runtime(workers: usize) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .build()
        .unwrap()
}

fn tokio_channel(
    rt: &tokio::runtime::Runtime,
    senders: u64,
    capacity: usize,
    each: u64,
) -> Duration {
    let (tx, mut rx) = tokio::sync::mpsc::channel::<u64>(capacity);
    let (done, wait) = mpsc::channel();
    let start = Instant::now();
    for _ in 0..senders {
        let tx = tx.clone();
        rt.spawn(async move {
            for i in 0..each {
                tx.send(i).await.unwrap();
            }
        });
    }
    drop(tx);
    rt.spawn(async move {
        let mut sum = 0u64;
        while let Some(v) = rx.recv().await {
            sum += v;
        }
        done.send(sum).unwrap();
    });
    let sum = wait.recv().unwrap();
    let took = start.elapsed();
    assert_eq!(sum, expected(senders, each));
    took
}

/// One task of a spawn case: the last of an iteration reports.
fn finish(left: &AtomicU64, done: &mpsc::Sender<()>) {
    if left.fetch_sub(1, Ordering::AcqRel) == 1 {
        done.send(()).unwrap();
    }
}

fn spawn_one(left: &Arc<AtomicU64>, done: &mpsc::Sender<()>) {
    let (left, done) = (left.clone(), done.clone());
    tokio::spawn(async move { finish(&left, &done) });
}

fn link(left: Arc<AtomicU64>, done: mpsc::Sender<()>) {
    tokio::spawn(async move {
        if left.fetch_sub(1, Ordering::AcqRel) == 1 {
            done.send(()).unwrap();
        } else {
            link(left, done);
        }
    });
}

fn tokio_spawn(rt: &tokio::runtime::Runtime, shape: &str, operations: u64) -> Duration {
    let (done, wait) = mpsc::channel();
    let left = Arc::new(AtomicU64::new(0));
    let _entered = rt.enter();
    let start = Instant::now();
    for _ in 0..operations / TASKS {
        left.store(TASKS, Ordering::Release);
        match shape {
            "remote" => (0..TASKS).for_each(|_| spawn_one(&left, &done)),
            "chain" => link(left.clone(), done.clone()),
            _ => {
                let (left, done) = (left.clone(), done.clone());
                tokio::spawn(async move { (0..TASKS).for_each(|_| spawn_one(&left, &done)) });
            }
        }
        wait.recv().unwrap();
    }
    start.elapsed()
}

fn usage() -> ! {
    eprintln!("usage: rivals mpsc|local|remote|chain tokio|crossbeam|std THREADS CAPACITY OPERATIONS [WORKERS]");
    exit(2)
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.len() < 5 {
        usage();
    }
    let number = |i: usize| args[i].parse::<u64>().unwrap_or_else(|_| usage());
    let (threads, capacity, operations) = (number(2), number(3) as usize, number(4));
    let each = operations / threads;
    let workers = if args.len() > 5 {
        number(5) as usize
    } else {
        threads as usize + 1
    };
    let pass: Box<dyn Fn() -> Duration> = match (args[0].as_str(), args[1].as_str()) {
        ("mpsc", "crossbeam") => Box::new(move || crossbeam(threads, capacity, each)),
        ("mpsc", "std") => Box::new(move || std_sync(threads, capacity, each)),
        ("mpsc", "tokio") => {
            let rt = runtime(workers);
            Box::new(move || tokio_channel(&rt, threads, capacity, each))
        }
        (shape @ ("local" | "remote" | "chain"), "tokio") => {
            let (rt, shape) = (runtime(threads as usize), shape.to_string());
            Box::new(move || tokio_spawn(&rt, &shape, operations))
        }
        _ => usage(),
    };
    pass();
    println!("{}", pass().as_nanos());
}
