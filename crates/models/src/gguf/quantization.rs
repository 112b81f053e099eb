//! ggml's tensor types and llama.cpp's file types, by their numbers.
//!
//! Numbers from `enum ggml_type` (`ggml.h`) and `enum llama_ftype` (`llama.h`), sizes from the block structures in
//! `ggml-common.h`, as of the llama.cpp that `llama-cpp-sys-2` 0.1.161 carries.

/// How a type lays out elements.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TensorType {
    /// The type's name.
    pub(super) name: &'static str,
    /// Elements of one block.
    pub(super) block_elements: u64,
    /// Bytes of one block.
    pub(super) block_bytes: u64,
}

const fn of(name: &'static str, block_elements: u64, block_bytes: u64) -> Option<TensorType> {
    Some(TensorType { name, block_elements, block_bytes })
}

/// The types by number; `None` where support was removed.
const TENSOR_TYPES: [Option<TensorType>; 43] = [
    of("F32", 1, 4),
    of("F16", 1, 2),
    of("Q4_0", 32, 18),
    of("Q4_1", 32, 20),
    None,
    None,
    of("Q5_0", 32, 22),
    of("Q5_1", 32, 24),
    of("Q8_0", 32, 34),
    of("Q8_1", 32, 36),
    of("Q2_K", 256, 84),
    of("Q3_K", 256, 110),
    of("Q4_K", 256, 144),
    of("Q5_K", 256, 176),
    of("Q6_K", 256, 210),
    of("Q8_K", 256, 292),
    of("IQ2_XXS", 256, 66),
    of("IQ2_XS", 256, 74),
    of("IQ3_XXS", 256, 98),
    of("IQ1_S", 256, 50),
    of("IQ4_NL", 32, 18),
    of("IQ3_S", 256, 110),
    of("IQ2_S", 256, 82),
    of("IQ4_XS", 256, 136),
    of("I8", 1, 1),
    of("I16", 1, 2),
    of("I32", 1, 4),
    of("I64", 1, 8),
    of("F64", 1, 8),
    of("IQ1_M", 256, 56),
    of("BF16", 1, 2),
    None,
    None,
    None,
    of("TQ1_0", 256, 54),
    of("TQ2_0", 256, 66),
    None,
    None,
    None,
    of("MXFP4", 32, 17),
    of("NVFP4", 64, 36),
    of("Q1_0", 128, 18),
    of("Q2_0", 64, 18),
];

/// The type of that number.
pub(super) fn tensor_type(number: u32) -> Option<&'static TensorType> {
    TENSOR_TYPES.get(usize::try_from(number).ok()?)?.as_ref()
}

/// What `general.file_type` stands for; `None` when it is unknown or only guessed.
pub(super) const fn file_type_name(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "F32",
        1 => "F16",
        2 => "Q4_0",
        3 => "Q4_1",
        7 => "Q8_0",
        8 => "Q5_0",
        9 => "Q5_1",
        10 => "Q2_K",
        11 => "Q3_K_S",
        12 => "Q3_K_M",
        13 => "Q3_K_L",
        14 => "Q4_K_S",
        15 => "Q4_K_M",
        16 => "Q5_K_S",
        17 => "Q5_K_M",
        18 => "Q6_K",
        19 => "IQ2_XXS",
        20 => "IQ2_XS",
        21 => "Q2_K_S",
        22 => "IQ3_XS",
        23 => "IQ3_XXS",
        24 => "IQ1_S",
        25 => "IQ4_NL",
        26 => "IQ3_S",
        27 => "IQ3_M",
        28 => "IQ2_S",
        29 => "IQ2_M",
        30 => "IQ4_XS",
        31 => "IQ1_M",
        32 => "BF16",
        36 => "TQ1_0",
        37 => "TQ2_0",
        38 => "MXFP4",
        39 => "NVFP4",
        40 => "Q1_0",
        41 => "Q2_0",
        _ => return None,
    })
}
