//! Matrices, in 32 bits or in blocks: projections, and tables of which rows are looked up.

use std::borrow::Cow;
use std::sync::Arc;

use candle_core::quantized::{QStorage, QTensor};
use candle_core::{Device, Result, Tensor};

use super::arena::Arena;
use super::blocks::Blocks;
use super::gemv::{self, Rows};
use crate::error::T5GemmaError;
use crate::files::{Kind, Reader, Stored};

/// A matrix `[n_rows, n_columns]`. A clone shares the numbers.
#[derive(Debug, Clone)]
pub(crate) enum Matrix {
    Full(Tensor),
    /// Multiplied and looked up as it is; only the rows that are asked for become 32-bit numbers.
    Blocks(Arc<Blocks>),
    /// The same on a device that has its own way with blocks.
    DeviceBlocks(Arc<QTensor>),
}

impl Matrix {
    /// Reads a matrix. On the CPU the ones in blocks are in `arena` already.
    pub(super) fn load(
        name: &str,
        stored: &Stored,
        device: &Device,
        arena: &Arena,
        reader: &mut Reader<'_>,
    ) -> std::result::Result<Self, T5GemmaError> {
        let shape = stored.shape.as_slice();
        let Kind::Blocks(kind) = stored.kind else {
            return Ok(Self::Full(Tensor::from_vec(reader.floats(stored)?, shape, device)?));
        };
        if let Some(piece) = arena.piece(name) {
            return Ok(Self::Blocks(Arc::new(Blocks::new(kind, shape, piece)?)));
        }
        let mut bytes = vec![0; stored.n_bytes as usize];
        reader.bytes(stored, &mut bytes)?;
        let storage = QStorage::from_data(Cow::Owned(bytes), device, kind)?;
        Ok(Self::DeviceBlocks(Arc::new(QTensor::new(storage, shape)?)))
    }

    /// `x [.., n_columns]` times the transposed matrix: `[.., n_rows]`.
    pub(crate) fn apply(&self, x: &Tensor) -> Result<Tensor> {
        Ok(Self::apply_all([self], x)?.remove(0))
    }

    /// `x [.., n_columns]` times each of the transposed matrices: `[.., n_rows]` each.
    fn apply_all<const N: usize>(matrices: [&Self; N], x: &Tensor) -> Result<Vec<Tensor>> {
        let mut shape = x.dims().to_vec();
        let width = shape.pop().unwrap_or_default();
        let n_vectors = shape.iter().product::<usize>();
        let x = x.reshape((n_vectors, width))?.contiguous()?;
        let products = match Self::as_they_are(&matrices, n_vectors) {
            Some(rows) if x.device().is_cpu() => gemv::multiply(&rows, &x)?,
            _ => matrices.iter().map(|matrix| matrix.multiply(&x)).collect::<Result<_>>()?,
        };
        let reshape = |product: Tensor| {
            let mut shape = shape.clone();
            shape.push(product.dim(1)?);
            product.reshape(shape)
        };
        products.into_iter().map(reshape).collect()
    }

    /// The matrices, where each is best multiplied as it lies in memory with so many vectors.
    fn as_they_are<'a>(matrices: &[&'a Self], n_vectors: usize) -> Option<Vec<Rows<'a>>> {
        let rows = matrices.iter().map(|matrix| match matrix {
            Self::Full(matrix) if n_vectors == 1 => Some(Rows::Full(matrix)),
            Self::Blocks(blocks) => Some(Rows::Blocks(blocks)),
            _ => None,
        });
        rows.collect()
    }

    /// `x [n, n_columns]` times the transposed matrix.
    fn multiply(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Full(matrix) => x.matmul(&matrix.t()?),
            Self::DeviceBlocks(matrix) => x.apply_op1_no_bwd(matrix.as_ref()),
            Self::Blocks(blocks) => Ok(gemv::multiply(&[Rows::Blocks(blocks)], x)?.remove(0)),
        }
    }

    /// The rows with these numbers: `ids [n, m]` gives `[n, m, n_columns]`.
    pub(crate) fn rows(&self, ids: &Tensor) -> Result<Tensor> {
        let mut shape = ids.dims().to_vec();
        match self {
            Self::DeviceBlocks(matrix) => matrix.embedding(ids),
            Self::Blocks(blocks) => {
                shape.push(blocks.n_columns);
                blocks.lookup(&ids.flatten_all()?.to_vec1()?)?.reshape(shape)
            }
            Self::Full(matrix) => {
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
        self.biased(self.weight.apply(x)?)
    }

    /// Several projections of the same vectors.
    pub(crate) fn apply_all<const N: usize>(linears: [&Self; N], x: &Tensor) -> Result<[Tensor; N]> {
        let products = Matrix::apply_all(linears.map(|linear| &linear.weight), x)?.into_iter().zip(linears);
        let products = products.map(|(product, linear)| linear.biased(product)).collect::<Result<Vec<_>>>()?;
        products.try_into().map_err(|_| candle_core::Error::Msg("a projection was lost".to_owned()))
    }

    fn biased(&self, product: Tensor) -> Result<Tensor> {
        match &self.bias {
            Some(bias) => product.broadcast_add(bias),
            None => Ok(product),
        }
    }
}
