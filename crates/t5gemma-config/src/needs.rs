//! What a model takes of memory beside its weights.

use super::Config;

/// Bytes of a number of 32 bits, which everything but quantized weights is.
const NUMBER_BYTES: u64 = 4;

impl Config {
    /// What the decoder keeps for each token of source and output, keys and values of all its layers, in bytes.
    #[must_use]
    pub const fn kv_bytes_per_token(&self) -> u64 {
        let side = &self.decoder;
        2 * NUMBER_BYTES * (side.layers.len() * side.n_kv_heads * side.head_dim) as u64
    }

    /// What the encoder holds at once for each token of the source in its feed-forward part, at least, in bytes: the vector
    /// itself, the same after its norm, and the two wide ones whose product goes down again.
    #[must_use]
    pub const fn encoding_bytes_per_token(&self) -> u64 {
        2 * NUMBER_BYTES * (self.encoder.hidden_size + self.encoder.intermediate_size) as u64
    }

    /// Numbers in the tables of tokens, which stay in 8 bits whatever a model is converted to.
    #[must_use]
    pub const fn n_table_params(&self) -> u64 {
        let (encoder, decoder) = (&self.encoder, &self.decoder);
        let of_decoder = (decoder.vocab_size * decoder.hidden_size) as u64;
        let output = if self.tie_word_embeddings { 0 } else { of_decoder };
        (encoder.vocab_size * encoder.hidden_size) as u64 + of_decoder + output
    }
}
