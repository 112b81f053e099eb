//! The side that reads: all tokens at once, each layer after the other.

use candle_core::Tensor;

use super::attention::Attention;
use super::parts::{Embedding, Mlp, Norm, Sandwich, Watch};
use super::rope::SideAngles;
use super::sight::{KeyMask, Sight};
use super::{Batch, Network, Observer};
use crate::error::T5GemmaError;
use crate::threads;
use brickwork_t5gemma_config::LayerConfig;

#[derive(Debug)]
pub(crate) struct Encoder {
    pub(crate) embedding: Embedding,
    pub(crate) layers: Vec<EncoderLayer>,
    pub(crate) norm: Norm,
}

#[derive(Debug)]
pub(crate) struct EncoderLayer {
    pub(crate) kind: LayerConfig,
    pub(crate) attention: Sandwich<Attention>,
    pub(crate) mlp: Sandwich<Mlp>,
}

/// What the encoder made of a batch of sources.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// `[n_batch, n_tokens, hidden_size]`, after the last norm.
    pub(crate) hidden: Tensor,
    pub(crate) keys: Option<KeyMask>,
}

impl Encoded {
    /// The vectors `[n_batch, n_tokens, hidden_size]`.
    #[must_use]
    pub const fn hidden(&self) -> &Tensor {
        &self.hidden
    }
}

impl Network {
    /// Reads a batch of sources. `on_layer` gets the number of layers done and of all, before the first one and after each,
    /// and cancels by `false`.
    ///
    /// # Errors
    /// [`T5GemmaError::SourceTooLong`], [`T5GemmaError::UnknownToken`], [`T5GemmaError::Cancelled`], or a fault of the device.
    pub fn encode(
        &self,
        batch: &Batch,
        on_layer: &mut dyn FnMut(usize, usize) -> bool,
        mut observer: Option<Observer<'_>>,
    ) -> Result<Encoded, T5GemmaError> {
        let (n_tokens, limit) = (batch.n_tokens(), self.config.source_limit());
        if n_tokens > limit {
            return Err(T5GemmaError::SourceTooLong { n_tokens, limit });
        }
        let Encoder { embedding, layers, norm } = &self.encoder;
        let mut check = |done: usize| if on_layer(done, layers.len()) { Ok(()) } else { Err(T5GemmaError::Cancelled) };
        let mut watch = Watch { observer: observer.as_mut(), layer: None };
        check(0)?;
        let mut x = embedding.apply(&batch.ids, batch.highest)?;
        watch.see("embed*sqrt(hidden)", &x);
        let angles = SideAngles::new(&self.config.encoder, 0, n_tokens, &self.device)?;
        for (number, layer) in layers.iter().enumerate() {
            watch.layer = Some(number);
            x = match watch.observer {
                None => threads::inside(|| layer.apply(&x, &angles, batch.keys.as_ref(), &mut Watch::nobody()))?,
                // Who watches does so on a thread of their own.
                Some(_) => layer.apply(&x, &angles, batch.keys.as_ref(), &mut watch)?,
            };
            check(number + 1)?;
        }
        watch.layer = None;
        let hidden = norm.apply(&x)?;
        watch.see("norm", &hidden);
        Ok(Encoded { hidden, keys: batch.keys.clone() })
    }
}

impl Encoder {
    pub(crate) fn set_attention_block(&mut self, block: Option<usize>) {
        for layer in &mut self.layers {
            layer.attention.inner.shape.block = block;
        }
    }
}

impl EncoderLayer {
    fn apply(
        &self,
        x: &Tensor,
        angles: &SideAngles,
        keys: Option<&KeyMask>,
        watch: &mut Watch<'_, '_>,
    ) -> candle_core::Result<Tensor> {
        let sight = Sight { is_causal: false, window: self.kind.window, keys: keys.cloned() };
        let angles = angles.of(self.kind.rope_theta);
        let x = self.attention.apply(x, |attention, x| {
            watch.see("pre_self_attn_layernorm", x);
            let (queries, own) = attention.own(x, angles, 0)?;
            let y = attention.attend(&queries, 0, &own, &sight)?;
            watch.see("self_attn", &y);
            Ok(y)
        })?;
        let x = self.mlp.apply(&x, watch)?;
        watch.see("", &x);
        Ok(x)
    }
}
