//! Tiny GGUF files, made by hand.

/// The bytes of a GGUF file in the making.
#[derive(Debug, Clone)]
pub(crate) struct Gguf {
    version: u32,
    n_tensors: u64,
    n_entries: u64,
    entries: Vec<u8>,
    tensors: Vec<u8>,
    alignment: usize,
    data: usize,
}

pub(crate) fn text(text: &[u8]) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text].concat()
}

impl Gguf {
    pub(crate) fn new() -> Self {
        let (entries, tensors) = (Vec::new(), Vec::new());
        Self { version: 3, n_tensors: 0, n_entries: 0, entries, tensors, alignment: 32, data: 0 }
    }

    /// A model that is complete and small: texts, numbers, arrays, two tensors.
    pub(crate) fn small() -> Self {
        let words = [&8_u32.to_le_bytes()[..], &2_u64.to_le_bytes(), &text(b"<s>"), &text(b"")].concat();
        let scores = [&6_u32.to_le_bytes()[..], &2_u64.to_le_bytes(), &[0; 8]].concat();
        Self::new()
            .text("general.architecture", "llama")
            .text("general.name", "Tiny \u{1f9f1}")
            .text("general.license", "mit")
            .entry("llama.context_length", 4, &2048_u32.to_le_bytes())
            .entry("general.file_type", 4, &2_u32.to_le_bytes())
            .entry("tokenizer.ggml.tokens", 9, &words)
            .entry("tokenizer.ggml.scores", 9, &scores)
            .entry("tokenizer.ggml.add_bos_token", 7, &[1])
            .text("tokenizer.chat_template", "{{ messages }}")
            .tensor("token_embd.weight", &[64, 3], 2, 0, 108)
            .tensor("output_norm.weight", &[5], 0, 128, 148)
    }

    pub(crate) fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    pub(crate) fn counts(mut self, n_tensors: u64, n_entries: u64) -> Self {
        (self.n_tensors, self.n_entries) = (n_tensors, n_entries);
        self
    }

    pub(crate) fn entry(mut self, key: &str, kind: u32, value: &[u8]) -> Self {
        self.entries.extend([&text(key.as_bytes())[..], &kind.to_le_bytes(), value].concat());
        self.n_entries += 1;
        self
    }

    pub(crate) fn text(self, key: &str, value: &str) -> Self {
        self.entry(key, 8, &text(value.as_bytes()))
    }

    pub(crate) fn alignment(mut self, alignment: u32) -> Self {
        self.alignment = (alignment as usize).max(1);
        self.entry("general.alignment", 4, &alignment.to_le_bytes())
    }

    /// A tensor at `offset`; the file's data part then has `data` bytes.
    pub(crate) fn tensor(mut self, name: &str, shape: &[u64], kind: u32, offset: u64, data: usize) -> Self {
        self.tensors.extend(text(name.as_bytes()));
        self.tensors.extend((shape.len() as u32).to_le_bytes());
        self.tensors.extend(shape.iter().flat_map(|length| length.to_le_bytes()));
        self.tensors.extend([&kind.to_le_bytes()[..], &offset.to_le_bytes()].concat());
        self.n_tensors += 1;
        self.data = data;
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = [
            &b"GGUF"[..],
            &self.version.to_le_bytes(),
            &self.n_tensors.to_le_bytes(),
            &self.n_entries.to_le_bytes(),
            &self.entries,
            &self.tensors,
        ]
        .concat();
        if self.n_tensors > 0 {
            bytes.resize(bytes.len().next_multiple_of(self.alignment) + self.data, 0);
        }
        bytes
    }
}
