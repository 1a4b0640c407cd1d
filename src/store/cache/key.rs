//! What a value is remembered by.

/// What a value was made from, hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub(super) [u8; 32]);

impl Key {
    /// The key as the name of a file.
    pub(super) fn name(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    /// As it is.
    pub fn bytes(&self) -> [u8; 32] {
        self.0
    }

    /// Hashes everything that the value depends on, the version of the code that makes it among
    /// the rest. Each piece is hashed with its length: `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn of<const N: usize>(pieces: [&[u8]; N]) -> Key {
        let mut hasher = blake3::Hasher::new();
        for piece in pieces {
            hasher.update(&(piece.len() as u64).to_le_bytes()).update(piece);
        }
        Key(*hasher.finalize().as_bytes())
    }
}
