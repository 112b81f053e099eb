//! The side that writes: each token sees those before it and the whole encoded source.

use std::sync::Arc;

use candle_core::{D, Tensor};

use super::attention::{Attention, KeysValues};
use super::cache::Cache;
use super::encoder::Encoded;
use super::linear::Matrix;
use super::parts::{Embedding, Mlp, Norm, Sandwich, Watch};
use super::rope::SideAngles;
use super::sight::{KeyMask, Sight};
use super::weigh::{Bound, Largest};
use super::{Network, Observer};
use crate::error::T5GemmaError;
use crate::threads;
use brickwork_t5gemma_config::LayerConfig;

#[derive(Debug)]
pub(crate) struct Decoder {
    pub(crate) embedding: Embedding,
    pub(crate) layers: Vec<DecoderLayer>,
    pub(crate) norm: Norm,
    /// From vectors to logits; the embedding itself in a tied model.
    pub(crate) head: Matrix,
    pub(crate) cap: Option<f64>,
}

#[derive(Debug)]
pub(crate) struct DecoderLayer {
    pub(crate) kind: LayerConfig,
    pub(crate) attention: Sandwich<Attention>,
    pub(crate) cross: Sandwich<Attention>,
    pub(crate) mlp: Sandwich<Mlp>,
}

/// A text that is being written, or a batch of them.
#[derive(Debug, Clone)]
pub struct Session {
    layers: Vec<SessionLayer>,
    source_keys: Option<KeyMask>,
    n_batch: usize,
    /// Tokens that were taken in.
    position: usize,
}

#[derive(Debug, Clone)]
struct SessionLayer {
    own: Cache,
    /// Of the encoded source; never cut.
    source: Arc<KeysValues>,
}

impl Session {
    /// Tokens that were taken in, the start token included.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }
}

impl Network {
    /// Begins to write from `source`.
    ///
    /// # Errors
    /// A fault of the device.
    pub fn begin(&self, source: &Encoded) -> Result<Session, T5GemmaError> {
        self.begin_watched(source, &mut |_, _| true)
    }

    /// Begins to write from `source`, which takes a product with it in each layer. `on_layer` gets the number of layers done
    /// and of all, after each, and cancels by `false`.
    ///
    /// # Errors
    /// [`T5GemmaError::Cancelled`], or a fault of the device.
    pub fn begin_watched(
        &self,
        source: &Encoded,
        on_layer: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Session, T5GemmaError> {
        let hidden = source.hidden.contiguous()?;
        let all = self.decoder.layers.len();
        let mut layers = Vec::with_capacity(all);
        for layer in &self.decoder.layers {
            let source = Arc::new(threads::inside(|| layer.cross.inner.keys_values(&hidden))?);
            layers.push(SessionLayer { own: Cache::new(layer.kind.window), source });
            if !on_layer(layers.len(), all) {
                return Err(T5GemmaError::Cancelled);
            }
        }
        Ok(Session { layers, source_keys: source.keys.clone(), n_batch: hidden.dim(0)?, position: 0 })
    }

    /// Takes the tokens `ids` in, one row for each text, and gives the vectors `[n_batch, n, hidden_size]` after the last
    /// norm.
    ///
    /// # Errors
    /// [`T5GemmaError::UnknownToken`], [`T5GemmaError::BadRequest`] for rows that do not fit the session, or a fault of the
    /// device.
    pub fn advance(
        &self,
        session: &mut Session,
        ids: &[&[u32]],
        observer: Option<Observer<'_>>,
    ) -> Result<Tensor, T5GemmaError> {
        match observer {
            None => threads::inside(|| self.advance_here(session, ids, None)),
            // Who watches does so on a thread of their own.
            observer => self.advance_here(session, ids, observer),
        }
    }

    fn advance_here(
        &self,
        session: &mut Session,
        ids: &[&[u32]],
        mut observer: Option<Observer<'_>>,
    ) -> Result<Tensor, T5GemmaError> {
        let n = ids.first().map_or(0, |row| row.len());
        if ids.len() != session.n_batch || n == 0 || ids.iter().any(|row| row.len() != n) {
            return Err(T5GemmaError::BadRequest("The rows of a batch must have the same length.".to_owned()));
        }
        let highest = ids.iter().flat_map(|row| row.iter()).copied().max().unwrap_or(0);
        let ids = Tensor::from_vec(ids.concat(), (ids.len(), n), &self.device)?;
        let Decoder { embedding, layers, norm, .. } = &self.decoder;
        let mut watch = Watch { observer: observer.as_mut(), layer: None };
        let mut x = embedding.apply(&ids, highest)?;
        watch.see("embed*sqrt(hidden)", &x);
        let angles = SideAngles::new(&self.config.decoder, session.position, n, &self.device)?;
        let source_sight = Sight { is_causal: false, window: None, keys: session.source_keys.clone() };
        for (number, (layer, state)) in layers.iter().zip(&mut session.layers).enumerate() {
            watch.layer = Some(number);
            x = layer.apply(&x, session.position, state, &angles, &source_sight, &mut watch)?;
        }
        watch.layer = None;
        session.position += n;
        let x = norm.apply(&x)?;
        watch.see("norm", &x);
        Ok(x)
    }

    /// The logits `[.., vocab_size]` of vectors `[.., hidden_size]`.
    ///
    /// # Errors
    /// A fault of the device.
    pub fn logits(&self, hidden: &Tensor) -> Result<Tensor, T5GemmaError> {
        threads::inside(|| {
            let logits = self.decoder.head.apply(hidden)?;
            Ok(match self.decoder.cap {
                Some(cap) if logits.device().is_cpu() => {
                    logits.inplace_op1(&Bound { cap: cap as f32 })?;
                    logits
                }
                Some(cap) => ((logits / cap)?.tanh()? * cap)?,
                None => logits,
            })
        })
    }

    /// The logits of the last token of each row, `[n_batch][vocab_size]`.
    ///
    /// # Errors
    /// A fault of the device.
    pub fn last_logits(&self, hidden: &Tensor) -> Result<Vec<Vec<f32>>, T5GemmaError> {
        let last = hidden.narrow(1, hidden.dim(1)? - 1, 1)?.contiguous()?;
        Ok(self.logits(&last)?.squeeze(1)?.to_vec2()?)
    }

    /// The likeliest next token of each row.
    ///
    /// # Errors
    /// [`T5GemmaError::NotFinite`], or a fault of the device.
    pub fn likeliest(&self, hidden: &Tensor) -> Result<Vec<u32>, T5GemmaError> {
        let last = hidden.narrow(1, hidden.dim(1)? - 1, 1)?.contiguous()?;
        // A bound keeps their order.
        let logits = threads::inside(|| self.decoder.head.apply(&last))?.squeeze(1)?;
        if !logits.device().is_cpu() {
            return Ok(logits.argmax(D::Minus1)?.to_vec1()?);
        }
        logits.to_vec2()?.iter().map(|logits| place_of_largest(logits).ok_or(T5GemmaError::NotFinite)).collect()
    }
}

/// The place of the largest number, the first one of equal ones; none where no number is finite.
fn place_of_largest(numbers: &[f32]) -> Option<u32> {
    let most = pulp::Arch::new().dispatch(Largest(numbers));
    if !most.is_finite() {
        return None;
    }
    numbers.iter().position(|number| *number == most).and_then(|place| u32::try_from(place).ok())
}

impl Decoder {
    pub(crate) fn set_attention_block(&mut self, block: Option<usize>) {
        for layer in &mut self.layers {
            layer.attention.inner.shape.block = block;
            layer.cross.inner.shape.block = block;
        }
    }
}

impl DecoderLayer {
    fn apply(
        &self,
        x: &Tensor,
        position: usize,
        state: &mut SessionLayer,
        angles: &SideAngles,
        source_sight: &Sight,
        watch: &mut Watch<'_, '_>,
    ) -> candle_core::Result<Tensor> {
        let angles = angles.of(self.kind.rope_theta);
        let x = self.attention.apply(x, |attention, x| {
            watch.see("pre_self_attn_layernorm", x);
            let (queries, own) = attention.own(x, angles, position)?;
            let own = state.own.append(&own)?;
            let sight = Sight { is_causal: true, window: self.kind.window, keys: None };
            let y = attention.attend(&queries, position, &own, &sight)?;
            watch.see("self_attn", &y);
            Ok(y)
        })?;
        let x = self.cross.apply(&x, |attention, x| {
            let y = attention.attend(&attention.queries(x)?, position, &state.source, source_sight)?;
            watch.see("cross_attn", &y);
            Ok(y)
        })?;
        let x = self.mlp.apply(&x, watch)?;
        watch.see("", &x);
        Ok(x)
    }
}
