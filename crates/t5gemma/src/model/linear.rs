//! Matrices, in 32 bits or in blocks: projections, and tables of which rows are looked up.

use std::borrow::Cow;
use std::sync::Arc;

use candle_core::quantized::{QStorage, QTensor};
use candle_core::{Device, Result, Tensor};

use super::gemv;
use crate::error::T5GemmaError;
use crate::files::{Kind, Reader, Stored};

/// A matrix `[n_rows, n_columns]`. A clone shares the numbers.
#[derive(Debug, Clone)]
pub(crate) enum Matrix {
    Full(Tensor),
    /// Multiplied and looked up as it is; only the rows that are asked for become 32-bit numbers.
    Blocks(Arc<QTensor>),
}

impl Matrix {
    pub(crate) fn load(
        stored: &Stored,
        device: &Device,
        reader: &mut Reader<'_>,
    ) -> std::result::Result<Self, T5GemmaError> {
        let shape = stored.shape.as_slice();
        match stored.kind {
            Kind::Blocks(kind) => {
                let bytes = reader.bytes(stored)?;
                let storage = QStorage::from_data(Cow::Owned(bytes), device, kind)?;
                Ok(Self::Blocks(Arc::new(QTensor::new(storage, shape)?)))
            }
            _ => Ok(Self::Full(Tensor::from_vec(reader.floats(stored)?, shape, device)?)),
        }
    }

    /// `x [.., n_columns]` times the transposed matrix: `[.., n_rows]`.
    pub(crate) fn apply(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Blocks(matrix) => x.apply_op1_no_bwd(matrix.as_ref()),
            Self::Full(matrix) => {
                let mut shape = x.dims().to_vec();
                let width = shape.pop().unwrap_or_default();
                let n_vectors = shape.iter().product::<usize>();
                shape.push(matrix.dim(0)?);
                let x = x.reshape((n_vectors, width))?;
                let product = if n_vectors == 1 && x.device().is_cpu() {
                    gemv::multiply(matrix, &x)?
                } else {
                    x.matmul(&matrix.t()?)?
                };
                product.reshape(shape)
            }
        }
    }

    /// The rows with these numbers: `ids [n, m]` gives `[n, m, n_columns]`.
    pub(crate) fn rows(&self, ids: &Tensor) -> Result<Tensor> {
        match self {
            Self::Blocks(matrix) => matrix.embedding(ids),
            Self::Full(matrix) => {
                let mut shape = ids.dims().to_vec();
                shape.push(matrix.dim(1)?);
                matrix.index_select(&ids.flatten_all()?, 0)?.reshape(shape)
            }
        }
    }
}

/// A projection.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    pub(crate) weight: Matrix,
    pub(crate) bias: Option<Tensor>,
}

impl Linear {
    pub(crate) fn apply(&self, x: &Tensor) -> Result<Tensor> {
        let product = self.weight.apply(x)?;
        match &self.bias {
            Some(bias) => product.broadcast_add(bias),
            None => Ok(product),
        }
    }
}
