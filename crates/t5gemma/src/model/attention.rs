//! Attention of both kinds: of a side to itself, with rotary positions, and of the decoder to the encoder's output.
//!
//! Queries are worked on in blocks, and of the keys a block only takes those that it can see, so the memory for scores is
//! bounded whatever the length of the text.

use std::ops::Range;

use candle_core::{D, Device, Result, Tensor};

use super::linear::Linear;
use super::rope::Angles;
use super::sight::Sight;
use super::single::{self, Scores};
use super::weigh::Weigh;
use brickwork_t5gemma_config::SideConfig;

/// The most scores that one block computes, as numbers of 32 bits: 64 MiB.
const MOST_SCORES: usize = 16 << 20;

/// One attention of a layer.
#[derive(Debug, Clone)]
pub(crate) struct Attention {
    pub(crate) q: Linear,
    pub(crate) k: Linear,
    pub(crate) v: Linear,
    pub(crate) o: Linear,
    pub(crate) shape: Heads,
}

/// How the vectors are cut into heads, and how scores are formed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads {
    n_heads: usize,
    n_kv_heads: usize,
    head_dim: usize,
    scale: f64,
    cap: Option<f64>,
    /// The most queries of a block; for tests.
    pub(crate) block: Option<usize>,
}

impl Heads {
    pub(crate) fn new(config: &SideConfig) -> Self {
        Self {
            n_heads: config.n_heads,
            n_kv_heads: config.n_kv_heads,
            head_dim: config.head_dim,
            scale: config.query_pre_attn_scalar.powf(-0.5),
            cap: config.attn_logit_softcapping,
            block: None,
        }
    }
}

/// Keys and values `[n_batch, n_kv_heads, n_keys, head_dim]`, and the position of the first one.
#[derive(Debug, Clone)]
pub(crate) struct KeysValues {
    pub(crate) k: Tensor,
    pub(crate) v: Tensor,
    pub(crate) first: usize,
}

impl KeysValues {
    fn positions(&self) -> Result<Range<usize>> {
        Ok(self.first..self.first + self.k.dim(2)?)
    }
}

impl Attention {
    /// What a side's attention to itself takes from `x [n_batch, n, width]`, of which the first stands at position `first`:
    /// the queries as [`Attention::queries`] gives them, and the keys and values.
    pub(crate) fn own(&self, x: &Tensor, angles: Option<&Angles>, first: usize) -> Result<(Tensor, KeysValues)> {
        let [q, k, v] = Linear::apply_all([&self.q, &self.k, &self.v], x)?;
        let (q, k) = (self.heads(&q, self.shape.n_heads)?, self.heads(&k, self.shape.n_kv_heads)?);
        let (q, k) = match angles {
            Some(angles) => (angles.turn(&q)?, angles.turn(&k)?),
            None => (q, k),
        };
        Ok((q, KeysValues { k, v: self.heads(&v, self.shape.n_kv_heads)?, first }))
    }

    /// The queries of `x [n_batch, n, width]`: `[n_batch, n_heads, n, head_dim]`.
    pub(crate) fn queries(&self, x: &Tensor) -> Result<Tensor> {
        self.heads(&self.q.apply(x)?, self.shape.n_heads)
    }

    /// The keys and values of `x [n_batch, n, width]`, of which the first stands at position 0.
    pub(crate) fn keys_values(&self, x: &Tensor) -> Result<KeysValues> {
        let [k, v] = Linear::apply_all([&self.k, &self.v], x)?;
        let (k, v) = (self.heads(&k, self.shape.n_kv_heads)?, self.heads(&v, self.shape.n_kv_heads)?);
        Ok(KeysValues { k, v, first: 0 })
    }

    fn heads(&self, x: &Tensor, n: usize) -> Result<Tensor> {
        let (n_batch, n_tokens, _) = x.dims3()?;
        let x = x.reshape((n_batch, n_tokens, n, self.shape.head_dim))?;
        if n_tokens == 1 {
            // The same memory in another order of sizes.
            return x.reshape((n_batch, n, 1, self.shape.head_dim));
        }
        x.transpose(1, 2)?.contiguous()
    }

    /// What `q`, whose first query stands at position `first`, takes from `kv`: `[n_batch, n, width]`.
    pub(crate) fn attend(&self, q: &Tensor, first: usize, kv: &KeysValues, sight: &Sight) -> Result<Tensor> {
        let Heads { n_heads, n_kv_heads, head_dim, .. } = self.shape;
        let (n_batch, _, n_queries, _) = q.dims4()?;
        if n_queries == 1 && q.device().is_cpu() {
            let scores = Scores { scale: self.shape.scale as f32, cap: self.shape.cap.map(|cap| cap as f32), sight };
            return self.o.apply(&single::attend(q, first, kv, scores)?);
        }
        let keys = kv.positions()?;
        let block = self.block(n_batch, &keys, sight).min(n_queries);
        let mut parts = Vec::with_capacity(n_queries.div_ceil(block));
        for start in (0..n_queries).step_by(block) {
            let n = block.min(n_queries - start);
            let queries = first + start..first + start + n;
            let seen = sight.of_all(queries.clone(), &keys);
            let q = q.narrow(2, start, n)?.contiguous()?;
            // Consecutive heads share their keys, so a group of heads is one matrix of queries.
            let q = q.reshape((n_batch, n_kv_heads, n_heads / n_kv_heads * n, head_dim))?;
            let k = kv.k.narrow(2, seen.start - keys.start, seen.len())?;
            let v = kv.v.narrow(2, seen.start - keys.start, seen.len())?;
            let weights = self.weights(q.matmul(&k.t()?)?, queries, seen, sight)?;
            let x = weights.matmul(&v)?.reshape((n_batch, n_heads, n, head_dim))?;
            parts.push(x.transpose(1, 2)?.reshape((n_batch, n, n_heads * head_dim))?);
        }
        let x = if parts.len() == 1 { parts.swap_remove(0) } else { Tensor::cat(&parts, 1)? };
        self.o.apply(&x)
    }

    /// How many queries are worked on at once.
    fn block(&self, n_batch: usize, keys: &Range<usize>, sight: &Sight) -> usize {
        if let Some(block) = self.shape.block {
            return block;
        }
        let per_query = n_batch * self.shape.n_heads;
        let whole = (MOST_SCORES / (per_query * keys.len()).max(1)).max(16);
        match sight.window {
            // A block sees its own length and the windows at both ends: shorter ones compute less that nobody sees.
            Some(window) => whole.min((2 * window).max(128)),
            None => whole,
        }
    }

    fn weights(&self, scores: Tensor, queries: Range<usize>, keys: Range<usize>, sight: &Sight) -> Result<Tensor> {
        if let Device::Cpu = scores.device() {
            let cap = self.shape.cap.map(|cap| cap as f32);
            scores.inplace_op1(&Weigh { scale: self.shape.scale as f32, cap, sight, queries, keys })?;
            return Ok(scores);
        }
        let scores = (scores * self.shape.scale)?;
        let scores = match self.shape.cap {
            Some(cap) => ((scores / cap)?.tanh()? * cap)?,
            None => scores,
        };
        let (n_batch, n_kv_heads, n_rows, n_keys) = scores.dims4()?;
        let scores = match sight.bias(n_batch, queries.clone(), &keys, scores.device())? {
            Some(bias) => {
                let n = queries.len();
                let scores = scores.reshape((n_batch, n_kv_heads, n_rows / n, n, n_keys))?;
                scores.broadcast_add(&bias)?.reshape((n_batch, n_kv_heads, n_rows, n_keys))?
            }
            None => scores,
        };
        softmax(&scores)
    }
}

fn softmax(scores: &Tensor) -> Result<Tensor> {
    if scores.dim(D::Minus1)? == 0 {
        return Ok(scores.clone());
    }
    candle_nn::ops::softmax_last_dim(scores)
}
