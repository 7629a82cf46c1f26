//! Bounds on what an attacker may send. Every one that bites is in the report.

/// Bounds on download and unpacking.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest download, bytes.
    pub download: u64,
    /// Largest registry document, bytes.
    pub document: u64,
    /// Largest unpacked artifact, bytes.
    pub unpacked: u64,
    /// Largest single file that is kept for reading, bytes; a larger one is hashed and listed.
    pub file: u64,
    /// Most entries in an archive or folder.
    pub entries: usize,
    /// Most unpacked bytes for each packed byte, over the whole archive.
    pub ratio: u64,
    /// Deepest directory nesting.
    pub depth: usize,
    /// Longest path, bytes.
    pub path: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            download: 200 << 20,
            document: 64 << 20,
            unpacked: 1 << 30,
            file: 32 << 20,
            entries: 50_000,
            ratio: 200,
            depth: 32,
            path: 512,
        }
    }
}
