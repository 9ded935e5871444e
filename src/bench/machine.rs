//! The machine in one line. Linux says it in `/proc`; elsewhere less is known.

use std::fs;

/// Processor, cores, memory, system.
pub(super) fn line() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processor = after("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
    let memory = after("/proc/meminfo", "MemTotal").and_then(|text| kib(&text));
    let memory = memory.map_or_else(String::new, |kib| {
        format!(", {} GiB", (kib + (1 << 19)) >> 20)
    });
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{processor}, {cores} cores{memory}, {} {} {}",
        std::env::consts::OS,
        kernel.trim(),
        std::env::consts::ARCH
    )
}

/// Resident memory of a process in KiB.
pub(super) fn resident_kib(pid: u32) -> Option<u64> {
    kib(&after(&format!("/proc/{pid}/status"), "VmRSS")?)
}

fn after(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn kib(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}
