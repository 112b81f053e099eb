//! The machine's memory, as far as this program may count on it.

use crate::config::AppConfig;

/// Of the machine's memory, the part that models in memory may take together unless the settings say otherwise, in
/// hundredths.
const BUDGET_PART: u64 = 70;

/// What there is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MachineMemory {
    /// Everything that the program may use, within the limits of a container.
    pub(crate) total_bytes: u64,
    /// What programs can take now without driving others out; cached files give way.
    pub(crate) available_bytes: u64,
}

/// The machine's memory now; `None` where the system does not tell.
pub(crate) fn machine_memory(config: &AppConfig) -> Option<MachineMemory> {
    let kind = sysinfo::RefreshKind::nothing().with_memory(sysinfo::MemoryRefreshKind::nothing().with_ram());
    let system = sysinfo::System::new_with_specifics(kind).ok()?;
    let mut memory = MachineMemory { total_bytes: system.total_memory(), available_bytes: system.available_memory() };
    if let Some(limits) = system.cgroup_limits() {
        // A container counts the cached pages of model files as used; its resident set does not.
        memory = memory.within(limits.total_memory, limits.total_memory.saturating_sub(limits.rss));
    }
    Some(match config.memory_limit_bytes {
        Some(limit) => memory.within(limit, limit),
        None => memory,
    })
}

impl MachineMemory {
    fn within(self, total_bytes: u64, available_bytes: u64) -> Self {
        Self {
            total_bytes: self.total_bytes.min(total_bytes),
            available_bytes: self.available_bytes.min(available_bytes),
        }
    }

    /// What models in memory may take together when the settings leave it open, in bytes.
    pub(crate) const fn usual_budget_bytes(self) -> u64 {
        self.total_bytes / 100 * BUDGET_PART
    }
}
