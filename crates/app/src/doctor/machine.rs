//! The processor, and graphics cards that this program may not be able to use.

use std::path::Path;

use serde::Serialize;

/// The processor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CpuView {
    /// What it calls itself.
    pub name: String,
    /// Cores of its own kind; absent where the system does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_cores: Option<usize>,
    /// Threads that it runs at once.
    pub logical_cores: usize,
    /// Of its instructions, those that make models faster.
    pub features: Vec<&'static str>,
}

/// The processor of this machine.
pub(super) fn cpu() -> CpuView {
    let kind = sysinfo::RefreshKind::nothing().with_cpu(sysinfo::CpuRefreshKind::nothing());
    let system = sysinfo::System::new_with_specifics(kind).ok();
    let name = system.as_ref().and_then(|system| system.cpus().first()).map(|cpu| cpu.brand().trim().to_owned());
    CpuView {
        name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        physical_cores: sysinfo::System::physical_core_count().ok(),
        logical_cores: std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
        features: features(),
    }
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    use std::arch::is_x86_feature_detected as has;

    [
        ("sse4.2", has!("sse4.2")),
        ("avx", has!("avx")),
        ("f16c", has!("f16c")),
        ("fma", has!("fma")),
        ("avx2", has!("avx2")),
        ("avx512f", has!("avx512f")),
        ("avx512bw", has!("avx512bw")),
        ("avx512vnni", has!("avx512vnni")),
        ("avx512bf16", has!("avx512bf16")),
    ]
    .into_iter()
    .filter_map(|(name, is_there)| is_there.then_some(name))
    .collect()
}

#[cfg(target_arch = "aarch64")]
fn features() -> Vec<&'static str> {
    use std::arch::is_aarch64_feature_detected as has;

    [("neon", has!("neon")), ("dotprod", has!("dotprod")), ("i8mm", has!("i8mm")), ("sve", has!("sve"))]
        .into_iter()
        .filter_map(|(name, is_there)| is_there.then_some(name))
        .collect()
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn features() -> Vec<&'static str> {
    Vec::new()
}

/// Who made the graphics cards that Linux shows below `root`, each once. Empty on other systems.
pub(super) fn graphics(root: &Path) -> Vec<&'static str> {
    let mut found = Vec::new();
    if root.join("proc/driver/nvidia/version").exists() {
        found.push("NVIDIA");
    }
    let cards = std::fs::read_dir(root.join("sys/class/drm")).into_iter().flatten().flatten();
    for card in cards {
        let vendor = std::fs::read_to_string(card.path().join("device/vendor")).unwrap_or_default();
        // Numbers of the PCI registry.
        let maker = match vendor.trim() {
            "0x10de" => "NVIDIA",
            "0x1002" => "AMD",
            "0x8086" => "Intel",
            _ => continue,
        };
        if !found.contains(&maker) {
            found.push(maker);
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn graphics_cards_are_told_by_their_makers() {
        let root = tempfile::tempdir().unwrap();
        assert!(graphics(root.path()).is_empty());
        for (card, vendor) in [("card0", "0x1002\n"), ("card1", "0x10de\n"), ("card1-DP-1", "0x10de\n"), ("card2", "?")]
        {
            let folder = root.path().join("sys/class/drm").join(card).join("device");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("vendor"), vendor).unwrap();
        }
        let mut found = graphics(root.path());
        found.sort_unstable();
        assert_eq!(found, ["AMD", "NVIDIA"]);
        std::fs::create_dir_all(root.path().join("proc/driver/nvidia")).unwrap();
        std::fs::write(root.path().join("proc/driver/nvidia/version"), "x").unwrap();
        assert_eq!(graphics(root.path()).len(), 2);
    }

    #[test]
    fn the_processor_has_a_name_and_cores() {
        let cpu = cpu();
        assert!(!cpu.name.is_empty() && cpu.logical_cores >= 1);
    }
}
