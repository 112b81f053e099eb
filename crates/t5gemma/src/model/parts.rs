//! The parts that encoder and decoder layers have in common.

use candle_core::{Result, Tensor};

use super::attention::Attention;
use super::linear::{Linear, Matrix};
use super::weigh::{AddNormed, Gate};
use super::{Observer, check_ids};
use crate::error::T5GemmaError;

/// `x / rms(x) * scale`, where `scale` is 1 + the stored weight.
#[derive(Debug, Clone)]
pub(crate) struct Norm {
    pub(crate) scale: Tensor,
    pub(crate) eps: f32,
}

impl Norm {
    pub(crate) fn apply(&self, x: &Tensor) -> Result<Tensor> {
        candle_nn::ops::rms_norm(x, &self.scale, self.eps)
    }

    /// `x` and the normed `y` together.
    fn add(&self, x: &Tensor, y: &Tensor) -> Result<Tensor> {
        if x.device().is_cpu() {
            x.apply_op3_no_bwd(&y.contiguous()?, &self.scale, &AddNormed { eps: self.eps })
        } else {
            x + self.apply(y)?
        }
    }
}

/// The feed-forward part.
#[derive(Debug, Clone)]
pub(crate) struct Mlp {
    pub(crate) gate: Linear,
    pub(crate) up: Linear,
    pub(crate) down: Linear,
}

impl Mlp {
    fn apply(&self, x: &Tensor) -> Result<Tensor> {
        let [gate, up] = Linear::apply_all([&self.gate, &self.up], x)?;
        let product = if x.device().is_cpu() { gate.apply_op2_no_bwd(&up, &Gate)? } else { (gate.gelu()? * up)? };
        self.down.apply(&product)
    }
}

/// Something between its two norms.
#[derive(Debug, Clone)]
pub(crate) struct Sandwich<T> {
    pub(crate) pre: Norm,
    pub(crate) inner: T,
    pub(crate) post: Norm,
}

impl Sandwich<Mlp> {
    pub(crate) fn apply(&self, x: &Tensor, watch: &mut Watch<'_, '_>) -> Result<Tensor> {
        let y = self.inner.apply(&self.pre.apply(x)?)?;
        watch.see("mlp", &y);
        self.post.add(x, &y)
    }
}

impl Sandwich<Attention> {
    /// Adds what attention took from somewhere; `attend` gets the normed vectors.
    pub(crate) fn apply(
        &self,
        x: &Tensor,
        attend: impl FnOnce(&Attention, &Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let y = attend(&self.inner, &self.pre.apply(x)?)?;
        self.post.add(x, &y)
    }
}

/// A table of token vectors.
#[derive(Debug, Clone)]
pub(crate) struct Embedding {
    pub(crate) table: Matrix,
    pub(crate) vocab_size: usize,
    /// The square root of the width.
    pub(crate) scale: f64,
}

impl Embedding {
    /// The scaled vectors of `ids [n_batch, n]`, of which `highest` is the highest.
    pub(crate) fn apply(&self, ids: &Tensor, highest: u32) -> std::result::Result<Tensor, T5GemmaError> {
        check_ids(highest, self.vocab_size)?;
        Ok((self.table.rows(ids)? * self.scale)?)
    }
}

/// Names intermediate values for an observer, if there is one.
pub(crate) struct Watch<'a, 'b> {
    pub(crate) observer: Option<&'a mut Observer<'b>>,
    pub(crate) layer: Option<usize>,
}

impl Watch<'_, '_> {
    pub(crate) const fn nobody() -> Self {
        Self { observer: None, layer: None }
    }

    pub(crate) fn see(&mut self, name: &str, value: &Tensor) {
        let Some(observer) = &mut self.observer else { return };
        match self.layer {
            Some(layer) if name.is_empty() => observer(&format!("layer{layer}"), value),
            Some(layer) => observer(&format!("layer{layer}.{name}"), value),
            None => observer(name, value),
        }
    }
}
